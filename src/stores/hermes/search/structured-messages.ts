import type { SearchExpression, SearchQuery } from '../../../sessions/search/search-query.js';
import { tokenize } from '../../../sessions/search/search-text.js';
import { isDoneInTime, type Deadline } from '../../../sessions/search/deadline.js';
import type { HistoryMoment } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { EscapedSpellings, escapedParts } from './escaped-words.js';
import { toMatchExpressions, type Spellings } from './match-expression.js';
import type { MixedWords } from './mixed-words.js';
import { isHit, type StoredTexts } from './searchable-text.js';
import { readSearchedTexts, SEARCHED_BYTES } from './searched-texts.js';
import type { FullTextTable } from './search-source.js';
import { TermSets } from './term-sets.js';

/** How the text of structured content begins, as each index has it, which leaves out the NUL before it; few others begin so. */
const BEGIN: Readonly<Record<FullTextTable, string>> = {
  messages_fts: '^ "json"',
  messages_fts_trigram: '^ "json:"',
};

/** Tables that tell what is cut off in the index of parts. */
const TELL_CUT = ['messages_fts', 'messages_fts_trigram_docsize'];

/** The part of a search's time that finding and reading them may take: each can hold large pictures, and the index is still to be asked. */
const SHARE_OF_TIME = 0.5;

/** The part of that which finding them may take: what was found is still to be read. */
const SHARE_OF_FINDING = 0.5;

/** Messages whose sizes are read between two looks at the clock. */
const SIZES_AT_ONCE = 500;

/** Messages with structured content that an index would give. */
interface StructuredMessages {
  /** Ids of those that have what is searched. */
  readonly hits: readonly number[];
  /** Ids of those that have not, and of those that were not read where the time was too short for finding and reading all. */
  readonly noHits: readonly number[];
  /** Whether all were found and read. */
  readonly isWhole: boolean;
}

/** How messages with structured content are looked for. */
interface StructuredSearch {
  readonly spellings: Spellings;
  /** Words of the index that stand for others. */
  readonly mixedWords: readonly MixedWords[];
  readonly deadline: Deadline;
}

/**
 * Reads the messages with structured content that may have what is searched, the newest first. An index has the JSON of them: with words
 * that nobody wrote around the texts, and with escapes that hide letters and line breaks in them.
 * @throws {DeadlineError}
 */
export function readStructured(
  { reader, layout }: HistoryMoment,
  query: SearchQuery,
  table: FullTextTable,
  { spellings, mixedWords, deadline }: StructuredSearch,
): StructuredMessages {
  // Most histories have none, which is known in a tenth of a millisecond.
  const mayBeCut = table === 'messages_fts_trigram' && TELL_CUT.every((name) => layout.tables.has(name));
  if (!hasStructured(reader, table) && !(mayBeCut && hasStructured(reader, 'messages_fts')))
    return { hits: [], noHits: [], isWhole: true };
  const share = deadline.part(SHARE_OF_TIME);
  const finding = share.part(SHARE_OF_FINDING);
  const escaped = new EscapedSpellings(mixedWords);
  const [expression, spelled]: readonly [SearchExpression, Spellings] =
    table === 'messages_fts'
      ? [wordsOf(query.expression), (word) => [...spellings(word), ...escaped.of(word)]]
      : [
          query.expression,
          (term) => spellings(term).flatMap((spelling) => [spelling, ...escapedParts(spelling)]),
        ];
  const sets = new TermSets((term, take) => {
    finding.check();
    readBeginning(reader, table, toMatchExpressions(term, spelled), finding, take);
  });
  const indexed = sets.of(expression);
  const cut = mayBeCut ? cutMessages(reader) : [];
  const candidates = [...new Set([...indexed.ids, ...cut])].sort((a, b) => b - a);
  // Of the JSON of those that were not found the index may have a hit.
  const others = indexed.isWhole ? [] : beginningOf(reader, table);
  const found = new Map([...candidates, ...others].map((id) => [id, false]));
  const isRead = isDoneInTime(() => {
    readNewestFirst(reader, candidates, share, (id, texts) => {
      if (isStructured(texts)) found.set(id, isHit(query, texts));
      else found.delete(id);
    });
  });
  const ids = [...found];
  return {
    hits: ids.flatMap(([id, isFound]) => (isFound ? [id] : [])),
    noHits: ids.flatMap(([id, isFound]) => (isFound ? [] : [id])),
    isWhole: indexed.isWhole && isRead,
  };
}

/** The words that something has which satisfies an expression, in any order: between those of a phrase JSON may have others. */
function wordsOf(expression: SearchExpression): SearchExpression {
  switch (expression.kind) {
    case 'term': {
      const words = [...tokenize(expression.text)];
      const operands = words.map(({ start, end }, at) => ({
        ...expression,
        text: expression.text.slice(start, end),
        prefix: expression.prefix && at === words.length - 1,
      }));
      return operands.length === 0 ? expression : { kind: 'and', operands };
    }
    case 'not':
      return wordsOf(expression.include);
    default:
      return { ...expression, operands: expression.operands.map(wordsOf) };
  }
}

function hasStructured(reader: SqliteReader, table: FullTextTable): boolean {
  return reader.get(`SELECT 1 FROM ${table} WHERE ${table} MATCH ? LIMIT 1`, BEGIN[table]) !== undefined;
}

/**
 * Ids of structured messages of which the trigram index has nothing, since an older SQLite of Hermes stopped at the NUL before them (seen:
 * 3.40 does). The index of words has all of each.
 */
function cutMessages(reader: SqliteReader): readonly number[] {
  return reader
    .tuples(
      `SELECT f.rowid FROM messages_fts f CROSS JOIN messages_fts_trigram_docsize i ON i.id = f.rowid
        WHERE f.messages_fts MATCH ? AND f.rowid NOT IN (SELECT rowid FROM messages_fts_trigram WHERE messages_fts_trigram MATCH ?)`,
      BEGIN.messages_fts,
      BEGIN.messages_fts_trigram,
    )
    .map(([id]) => rowidOf(id));
}

/**
 * Takes the ids of what begins as structured content does, where any of some queries finds it. Whether it is one only the
 * content itself tells, of which SQLite reads all for the first character.
 * @throws {DeadlineError}
 */
function readBeginning(
  reader: SqliteReader,
  table: FullTextTable,
  matches: Iterable<string>,
  deadline: Deadline,
  take: (id: number) => void,
): void {
  for (const match of matches) {
    deadline.check();
    for (const id of matching(reader, table, `(${match}) AND (${BEGIN[table]})`)) take(id);
  }
}

/** Ids of all that begins so. */
function beginningOf(reader: SqliteReader, table: FullTextTable): readonly number[] {
  return matching(reader, table, BEGIN[table]);
}

function matching(reader: SqliteReader, table: FullTextTable, match: string): readonly number[] {
  return reader.tuples(`SELECT rowid FROM ${table} WHERE ${table} MATCH ?`, match).map(([id]) => rowidOf(id));
}

/** @throws {DeadlineError} */
function readNewestFirst(
  reader: SqliteReader,
  ids: readonly number[],
  deadline: Deadline,
  take: (id: number, texts: StoredTexts) => void,
): void {
  for (let at = 0; at < ids.length; at += SIZES_AT_ONCE) {
    deadline.check();
    const messages = reader.all(
      `SELECT m.id, ${SEARCHED_BYTES} AS bytes FROM messages m WHERE m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id DESC`,
      JSON.stringify(ids.slice(at, at + SIZES_AT_ONCE)),
    );
    readSearchedTexts(reader, messages, ({ id }, texts) => {
      deadline.check();
      take(rowidOf(id), texts);
    });
  }
}

/** Whether it is told from plain text by its NUL. @param texts of a message, its content first. */
function isStructured([content]: StoredTexts): boolean {
  if (Buffer.isBuffer(content)) return content[0] === 0;
  return typeof content === 'string' && content.startsWith('\0');
}
