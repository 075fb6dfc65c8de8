import { closeSync, fsyncSync, openSync } from 'node:fs';
import Sqlite, { type Database, type Statement } from 'better-sqlite3';
import { completeTables, createTables } from './tables.js';
import type { HistoryMoment } from '../file/layout.js';
import { SqliteReader, type SqlValue } from '../file/sqlite-reader.js';
import { endOfSlice, LAST_ROWID } from '../file/rowids.js';
import { textOf } from '../file/values.js';
import { messagesBySessionSql } from './history-comparison.js';
import { IndexWriter } from './index-writer.js';
import { HAS_ID_SQL, selectFactsSql } from './session-fact.js';

/** Rows of each index that SQLite's `ANALYZE` samples. */
const ANALYZED_ROWS = 1000;

/**
 * Takes a list of pairs: a session number, and the ids of its messages. The number is extracted before the ids are expanded, since SQLite would
 * otherwise parse the whole pair again for each id.
 */
export const OWN_SQL = `WITH lists AS MATERIALIZED (SELECT value ->> 0 AS number, value -> 1 AS ids FROM json_each(?))
  INSERT OR REPLACE INTO known_messages SELECT own.value, lists.number FROM lists CROSS JOIN json_each(lists.ids) own`;

/** Builds a new index of a whole history, in a file that nobody reads before it is complete. */
export class IndexBuilder {
  readonly #db: Database;
  readonly #writer: IndexWriter;
  readonly #own: Statement<[string]>;
  #next = 1;

  /** @param path a file that does not exist, or is empty. */
  constructor(
    private readonly path: string,
    private readonly history: HistoryMoment,
  ) {
    this.#db = new Sqlite(path);
    // An unfinished file need not survive a crash.
    this.#db.pragma('journal_mode = OFF');
    this.#db.pragma('synchronous = OFF');
    this.#db.pragma('locking_mode = EXCLUSIVE');
    this.#db.exec(createTables('main'));
    // One transaction: nobody reads the file before it is complete.
    this.#db.exec('BEGIN');
    this.#writer = new IndexWriter(new SqliteReader(this.#db));
    this.#own = this.#db.prepare(OWN_SQL);
  }

  /**
   * Takes in the `limit` sessions after `afterRowid`, and their messages.
   * @returns the rowid to continue after; null at the end.
   */
  load(afterRowid: number, limit: number): number | null {
    const { reader, layout } = this.history;
    const end = endOfSlice(reader, afterRowid, limit);
    const rows = reader.all(
      `${selectFactsSql(layout)} WHERE s.rowid > ? AND s.rowid <= ? AND ${HAS_ID_SQL}`,
      afterRowid,
      end ?? LAST_ROWID,
    );
    this.#writer.load(rows, this.#next);
    const first = this.#next;
    this.#ownMessages(
      [afterRowid, end ?? LAST_ROWID],
      new Map(rows.map((row, at) => [row.session_rowid, first + at])),
    );
    this.#next += rows.length;
    return end;
  }

  /** Works out a batch of the chains that have more than one session. @returns whether it was the last batch. */
  arrange(limit: number): boolean {
    return this.#writer.arrange(limit);
  }

  /** Completes the file for queries, syncs it to disk and closes it. */
  finish(): void {
    this.#db.exec(`${completeTables('main')} COMMIT`);
    this.#db.pragma(`analysis_limit = ${ANALYZED_ROWS}`);
    this.#db.exec('ANALYZE');
    this.#db.close();
    const file = openSync(this.path, 'r+');
    fsyncSync(file);
    closeSync(file);
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Records which sessions the messages belong to; only SQLite writes and reads the JSON of their ids.
   * @param numbers of the sessions of a slice, by rowid.
   */
  #ownMessages(
    slice: readonly [after: number, until: number],
    numbers: ReadonlyMap<SqlValue | undefined, number>,
  ): void {
    const owned: string[] = [];
    for (const [rowid, findable, rewound] of this.history.reader.tuples(
      messagesBySessionSql(this.history.layout),
      ...slice,
    )) {
      const number = numbers.get(rowid);
      if (number !== undefined)
        owned.push(`[${number},${textOf(findable)}]`, `[${-number},${textOf(rewound)}]`);
    }
    if (owned.length > 0) this.#own.run(`[${owned.join(',')}]`);
  }
}
