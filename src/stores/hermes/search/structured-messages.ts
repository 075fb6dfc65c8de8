import { readableSql } from '../file/readable-size.js';
import {
  withoutExclusions,
  type SearchQuery,
  type SearchTerm,
} from '../../../sessions/search/search-query.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { toMatchExpressions, type Spellings } from './match-expression.js';
import { isHit } from './searchable-text.js';
import { readSearchedTexts, SEARCHED_BYTES } from './searched-texts.js';
import type { FullTextTable } from './search-source.js';

/** How the text of structured content begins, as each index has it; few others begin so. */
const BEGIN: Readonly<Record<FullTextTable, string>> = {
  messages_fts: '^ "json"',
  messages_fts_trigram: '"json:"',
};

/** So many messages with structured content are read for one search at most, the newest: each can hold large pictures. */
const MOST_READ = 2000;

/**
 * Messages with structured content that may have what is searched, by id, and whether they do. An index has the JSON of them: with words
 * that nobody wrote around the texts, and with escapes that hide letters and line breaks in them.
 * @throws {DeadlineError}
 */
export function readStructured(
  reader: SqliteReader,
  query: SearchQuery,
  table: FullTextTable,
  { spellings, deadline }: { readonly spellings: Spellings; readonly deadline: Deadline },
): ReadonlyMap<number, boolean> {
  const sql = `SELECT m.id, ${SEARCHED_BYTES} AS bytes FROM messages m WHERE m.id IN (
      SELECT rowid FROM ${table} WHERE ${table} MATCH ? ORDER BY rowid DESC LIMIT ?)
    AND substr(CAST(${readableSql('m.content')} AS BLOB), 1, 1) = x'00'`;
  const found = new Map<number, boolean>();
  // Most histories have none, which is known in a tenth of a millisecond.
  if (reader.get(`SELECT 1 FROM ${table} WHERE ${table} MATCH ? LIMIT 1`, BEGIN[table]) === undefined)
    return found;
  const wanted = toMatchExpressions(withoutExclusions(query.expression), (term) => [
    ...spellings(term),
    ...escaped(term, table),
  ]);
  for (const match of wanted) {
    deadline.check();
    if (found.size >= MOST_READ) break;
    const messages = reader.all(sql, `(${match}) AND (${BEGIN[table]})`, MOST_READ - found.size);
    readSearchedTexts(reader, messages, ({ id }, texts) => {
      deadline.check();
      found.set(rowidOf(id), isHit(query, texts));
    });
  }
  return found;
}

/** Escapes of JSON whose letter becomes the first one of the word behind them. */
const LETTERS_BEFORE = ['n', 't', 'r'];

/** How a term stands in JSON that was written in ASCII, as Python does unless told otherwise. */
function escaped(term: SearchTerm, table: FullTextTable): readonly SearchTerm[] {
  const text = term.text.replace(
    /[^\x00-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const texts = [
    ...(text === term.text ? [] : [text]),
    ...(table === 'messages_fts' ? LETTERS_BEFORE.map((letter) => letter + text) : []),
  ];
  return texts.map((other) => ({ ...term, text: other }));
}
