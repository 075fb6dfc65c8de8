import type { HistoryMoment } from '../file/layout.js';
import { isTooLargeSql } from '../file/readable-size.js';
import type { RowChange } from '../file/row-change.js';

const TABLE = 'messages_fts_trigram';

/** A message with a NUL in it. Its text is not among this: a conversation can have hundreds of pictures of some megabytes. */
interface NulMessage {
  readonly id: number;
  /** Characters before the NUL. */
  readonly length: number;
  /** FTS5's note of how many tokens each column of the row has: one varint a column. */
  readonly sizes: Buffer;
}

/** SQL for what stands before the NUL of a message's content: length() ends there. */
const BEFORE_NUL = 'substr(content, 1, length(content))';

/**
 * What makes the trigram index fit what this process's SQLite is about to remove from it.
 *
 * Structured content begins with NUL. SQLite's trigram tokenizer used to stop there and now goes on
 * (seen: 3.40 stops, 3.51 and 3.53 do not). Where an older SQLite in Hermes indexed such a message, the tokens that
 * our delete takes out were never in, and FTS5's totals would be wrong from then on. So those messages are
 * first made to look as our tokenizer would have left them, in the same transaction.
 * @param sessionIds the sessions whose messages are about to be deleted, as a JSON list.
 */
export function trigramBalance({ reader, layout }: HistoryMoment, sessionIds: string): readonly RowChange[] {
  if (!layout.tables.has(TABLE) || !layout.tables.has(`${TABLE}_docsize`)) return [];
  // What is too large to be read goes as it is.
  const messages = reader.all(
    `SELECT m.id, length(m.content) AS length, d.sz AS sizes FROM messages m JOIN ${TABLE}_docsize d ON d.id = m.id
      WHERE m.session_id IN (SELECT value FROM json_each(?)) AND typeof(m.content) = 'text'
        AND NOT ${isTooLargeSql(['m.content'])} AND instr(CAST(m.content AS BLOB), x'00') > 0`,
    sessionIds,
  ) as unknown as readonly NulMessage[];
  const shorten = layout.tables.has(`${TABLE}_content`) ? shortenStoredText : indexWhole;
  return messages
    .filter(({ length, sizes }) => firstVarint(sizes) === Math.max(0, length - 2))
    .flatMap(({ id }) => shorten(id));
}

/** An index with its own copy of the text takes out what that copy says. */
function shortenStoredText(id: number): readonly RowChange[] {
  return [
    {
      sql: `UPDATE ${TABLE}_content SET c0 = (SELECT ${BEFORE_NUL} FROM messages WHERE id = ?) WHERE id = ?`,
      parameters: [id, id],
      changesIndex: true,
    },
  ];
}

/** An index without a copy takes out what it is told: what was indexed goes, what will be taken out comes in. */
function indexWhole(id: number): readonly RowChange[] {
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

/** The first of SQLite's variable-length integers (https://sqlite.org/fileformat2.html#varint). */
function firstVarint(bytes: Buffer): number {
  let value = 0;
  for (const byte of bytes.subarray(0, 8)) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return value;
}
