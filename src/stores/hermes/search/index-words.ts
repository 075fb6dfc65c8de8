import type { SqliteReader } from '../file/sqlite-reader.js';
import type { FullTextTable } from './search-source.js';
import { READING } from '../waits.js';

/** Some words of an index, and the word to continue after; null at the end. */
export interface IndexWordSlice {
  readonly words: readonly string[];
  readonly next: string | null;
}

/** Words read between two checks of the clock: the most common ones take tens of milliseconds each. */
const WORDS_BETWEEN_LOOKS = 16;

/**
 * Reads the words of a full-text index after a given word, which reads all of its pages
 * (https://sqlite.org/fts5.html#the_fts5vocab_virtual_table_module).
 * @throws {SqliteFailure} if the index is damaged
 */
export function readIndexWords(
  { db, turns }: SqliteReader,
  table: FullTextTable,
  after: string,
  isWanted: (word: string) => boolean,
): IndexWordSlice {
  db.exec(
    `CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_of_${table} USING fts5vocab('main', '${table}', 'row')`,
  );
  const all = db
    .prepare<[string], string>(`SELECT term FROM temp.words_of_${table} WHERE term > ? ORDER BY term`)
    .pluck();
  return turns.take(() => {
    const end = performance.now() + READING.words;
    const words: string[] = [];
    let read = 0;
    for (const word of all.iterate(after)) {
      if (isWanted(word)) words.push(word);
      if (++read % WORDS_BETWEEN_LOOKS === 0 && performance.now() > end) return { words, next: word };
    }
    return { words, next: null };
  });
}
