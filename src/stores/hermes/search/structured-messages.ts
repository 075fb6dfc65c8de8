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

/** How the text of structured content begins in each index, which ignores the leading NUL; few other messages begin like this. */
const BEGIN: Readonly<Record<FullTextTable, string>> = {
  messages_fts: '^ "json"',
  messages_fts_trigram: '^ "json:"',
};

/** Tables needed to tell which messages are cut off in the trigram index. */
const TELL_CUT = ['messages_fts', 'messages_fts_trigram_docsize'];

/** Share of a search's time for finding and reading these messages: each can hold large pictures, and the index still has to be queried. */
const SHARE_OF_TIME = 0.5;

/** Share of that time for finding them, since they still have to be read. */
const SHARE_OF_FINDING = 0.5;

/** Messages whose sizes are read between two checks of the clock. */
const SIZES_AT_ONCE = 500;

/** Messages with structured content that a query of the index would return. */
interface StructuredMessages {
  /** Ids of those that satisfy the search. */
  readonly hits: readonly number[];
  /** Ids of those that do not satisfy it, or were not read because time ran out. */
  readonly noHits: readonly number[];
  /** Whether all were found and read. */
  readonly isWhole: boolean;
}

/** How to search messages with structured content. */
interface StructuredSearch {
  readonly spellings: Spellings;
  /** Words of the index that stand for other words. */
  readonly mixedWords: readonly MixedWords[];
  readonly deadline: Deadline;
}

/**
 * Reads the messages with structured content that may satisfy a search, newest first. An index holds their JSON, which has words around the texts
 * that nobody wrote, and escapes that hide letters and line breaks in them.
 * @throws {DeadlineError}
 */
export function readStructured(
  { reader, layout }: HistoryMoment,
  query: SearchQuery,
  table: FullTextTable,
  { spellings, mixedWords, deadline }: StructuredSearch,
): StructuredMessages {
  // Most histories have none, which this check shows in a tenth of a millisecond.
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
  // Messages not found in time are excluded as well: the index may have false hits in their JSON.
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

/** The words, in any order, that a text must contain to satisfy an expression: JSON may have other words between those of a phrase. */
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
 * Ids of structured messages of which the trigram index has nothing, since an older SQLite of Hermes stopped at their leading NUL (seen: 3.40 does).
 * The word index has all of each.
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
 * Passes on the ids of messages that begin like structured content and match any of some queries. Only the content itself shows whether it is
 * structured, and SQLite reads all of it for its first character.
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

/** Ids of all messages that begin like structured content. */
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

/** Whether a message is structured, by its leading NUL. @param texts of a message, its content first. */
function isStructured([content]: StoredTexts): boolean {
  if (Buffer.isBuffer(content)) return content[0] === 0;
  return typeof content === 'string' && content.startsWith('\0');
}
