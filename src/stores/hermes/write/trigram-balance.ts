import type { HistoryMoment } from '../file/layout.js';
import { isTooLargeSql } from '../file/readable-size.js';
import { runRowChanges, type RowChange } from '../file/row-change.js';
import { quotedName } from '../file/stored-rows.js';
import type { SqliteReader } from '../file/sqlite-reader.js';

/*
 * Structured content begins with NUL. Older versions of SQLite's trigram tokenizer stop there, newer ones continue (seen: 3.40 stops, 3.51 and 3.53
 * do not). Hermes may run an older SQLite than this process. Then neither removes from the index what the other has put in, and the tokens left
 * behind by deleted rows make the index "malformed" for Hermes. So before a deletion, the index entries are changed to what our tokenizer would have
 * written, and after an addition to what Hermes's would.
 */

const TABLE = 'messages_fts_trigram';

/** A message that contains NUL. Without its text: a conversation can have hundreds of pictures of some megabytes. */
interface NulMessage {
  /** As text: the driver's numbers are not exact beyond 2^53. */
  readonly id: string;
  /** Characters before the NUL. */
  readonly length: number;
  /** FTS5's record of the token count of each column in the row: one varint per column. */
  readonly sizes: Buffer;
}

/** SQL for what precedes the NUL in a message's content: length() of a text stops there. The cast is needed since FTS5 reads a blob as text. */
const BEFORE_NUL = 'substr(CAST(content AS TEXT), 1, length(CAST(content AS TEXT)))';

/** Messages `m` whose `column` is in a JSON list. */
export interface ChosenMessages {
  readonly column: 'id' | 'session_id';
  readonly list: string;
}

/** Changes that make the trigram index match what this process's SQLite is about to remove from it with some messages, in the same transaction. */
export function trigramBalance(
  moment: HistoryMoment,
  { column, list }: ChosenMessages,
): readonly RowChange[] {
  if (!hasTrigrams(moment)) return [];
  const shorten = hasOwnText(moment) ? shortenStoredText : indexWhole;
  const messages = nulMessages(
    moment,
    `m.${column} IN (SELECT value FROM json_each(?)) AND ${HAS_NUL}`,
    list,
  );
  return messages.filter(isCut).flatMap(({ id }) => shorten(id));
}

/**
 * Adds messages inside a transaction, and leaves the trigram index as Hermes's SQLite would: as the newest earlier message with a NUL shows. If there
 * is none, as this process's SQLite does.
 */
export function addingMessages<T>(moment: HistoryMoment, add: () => T): T {
  const { reader } = moment;
  const last = lastMessageId(reader);
  const result = add();
  if (!hasTrigrams(moment) || !moment.layout.tables.has('messages_fts')) return result;
  const added = nulMessages(moment, `m.id > CAST(? AS INTEGER) AND ${HAS_NUL}`, last);
  const whole = added.filter((message) => !isCut(message));
  if (whole.length > 0 && isCutByOwner(moment, last)) {
    const cut = hasOwnText(moment) ? cutOwnText(reader) : cutIndexed(reader);
    for (const { id } of whole) runRowChanges(reader, cut(id));
  }
  return result;
}

/** The highest id of all messages, as text. */
export function lastMessageId(reader: SqliteReader): string {
  return String(reader.value('SELECT CAST(max(id) AS TEXT) FROM messages') ?? '0');
}

function hasTrigrams({ layout }: HistoryMoment): boolean {
  return layout.tables.has(TABLE) && layout.tables.has(`${TABLE}_docsize`);
}

/** Whether the index stores a copy of the texts. */
function hasOwnText({ layout }: HistoryMoment): boolean {
  return layout.tables.has(`${TABLE}_content`);
}

/** SQL condition; content that is too large to be read stays as it is. */
const HAS_NUL = `typeof(m.content) IN ('text', 'blob') AND NOT ${isTooLargeSql(['m.content'])} AND instr(CAST(m.content AS BLOB), x'00') > 0`;

/** Indexed messages that contain NUL. */
function nulMessages({ reader }: HistoryMoment, condition: string, parameter: string): readonly NulMessage[] {
  return reader.all(
    `SELECT CAST(m.id AS TEXT) AS id, length(CAST(m.content AS TEXT)) AS length, d.sz AS sizes FROM messages m JOIN ${TABLE}_docsize d ON d.id = m.id
      WHERE ${condition}`,
    parameter,
  ) as unknown as readonly NulMessage[];
}

/** Whether only what precedes the NUL is in the index. */
function isCut({ length, sizes }: NulMessage): boolean {
  return firstVarint(sizes) === Math.max(0, length - 2);
}

/**
 * Whether the SQLite that wrote the newest structured message up to this id stops at NUL. Finds the message by the word index, where no version
 * stops.
 */
function isCutByOwner(moment: HistoryMoment, last: string): boolean {
  const [newest] = nulMessages(
    moment,
    `m.id = (SELECT f.rowid FROM messages_fts f CROSS JOIN ${TABLE}_docsize i ON i.id = f.rowid CROSS JOIN messages n ON n.id = f.rowid
      WHERE messages_fts MATCH '^ "json"' AND f.rowid <= CAST(? AS INTEGER) AND substr(CAST(n.content AS BLOB), 1, 1) = x'00'
      ORDER BY f.rowid DESC LIMIT 1)`,
    last,
  );
  return newest !== undefined && isCut(newest);
}

/** An index with its own copy of the text removes the tokens of that copy, so the copy is shortened. */
function shortenStoredText(id: string): readonly RowChange[] {
  return [
    {
      sql: `UPDATE ${TABLE}_content SET c0 = (SELECT ${BEFORE_NUL} FROM messages WHERE id = ?) WHERE id = ?`,
      parameters: [id, id],
      changesIndex: true,
    },
  ];
}

/**
 * An index without a copy removes the tokens of the text that it is given: the short entry is removed, and the whole text that will be deleted is
 * added.
 */
function indexWhole(id: string): readonly RowChange[] {
  return [
    {
      sql: `INSERT INTO ${TABLE}(${TABLE}, rowid, content) SELECT 'delete', id, ${BEFORE_NUL} FROM messages WHERE id = ?`,
      parameters: [id],
    },
    {
      sql: `INSERT INTO ${TABLE}(rowid, content) SELECT id, content FROM messages WHERE id = ?`,
      parameters: [id],
    },
  ];
}

/** Indexes a message again up to its NUL; the copy of its text stays as it is. */
function cutOwnText(reader: SqliteReader): (id: string) => readonly RowChange[] {
  return (id) => {
    const text = reader.value(`SELECT c0 FROM ${TABLE}_content WHERE id = ?`, id);
    if (typeof text !== 'string') return [];
    return [
      {
        sql: `UPDATE ${TABLE} SET content = substr(content, 1, length(content)) WHERE rowid = ?`,
        parameters: [id],
      },
      {
        sql: `UPDATE ${TABLE}_content SET c0 = ? WHERE id = ?`,
        parameters: [text, id],
        changesIndex: true,
      },
    ];
  };
}

/** Removes a message from an index without a copy, and adds it up to its NUL. */
function cutIndexed(reader: SqliteReader): (id: string) => readonly RowChange[] {
  const columns = reader
    .tuples("SELECT name FROM pragma_table_info(?, 'main')", TABLE)
    .map(([name]) => quotedName(String(name)));
  const cut = columns.map((column) => (column === quotedName('content') ? BEFORE_NUL : column));
  return (id) => [
    {
      sql: `INSERT INTO ${TABLE}(${TABLE}, rowid, ${columns.join(', ')}) SELECT 'delete', id, ${columns.join(', ')} FROM messages WHERE id = ?`,
      parameters: [id],
    },
    {
      sql: `INSERT INTO ${TABLE}(rowid, ${columns.join(', ')}) SELECT id, ${cut.join(', ')} FROM messages WHERE id = ?`,
      parameters: [id],
    },
  ];
}

/** The first SQLite variable-length integer (https://sqlite.org/fileformat2.html#varint). */
function firstVarint(bytes: Buffer): number {
  let value = 0;
  for (const byte of bytes.subarray(0, 8)) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return value;
}
