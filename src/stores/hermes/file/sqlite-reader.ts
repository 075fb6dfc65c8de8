import { isUtf8 } from 'node:buffer';
import type { Database, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { blankOf } from '../../../domain/blank-object.js';
import type { SqlQuery } from '../../read-model/sql-piece.js';
import { ENDLESS_TURN, type ReadingTurns } from './reader-gate.js';
import { isDamage } from './sqlite-failure.js';
import { countOf } from './values.js';

/** A value that SQLite stores or is bound to. */
export type SqlValue = string | number | bigint | Buffer | null;

/** A row as SQLite gives it: damaged files hold any type in any column, so every value is checked where it is used. */
export type Row = Readonly<Record<string, SqlValue>>;

/** SQL function: whether bytes are text. SQLite itself takes any for text, and shows those that are none as U+FFFD. */
export const IS_TEXT = 'is_utf8';

/** More shapes of queries than are asked for at a time. Each number of rows that a page has at most is a shape of its own. */
const MAX_STATEMENTS = 300;

/**
 * Kibibytes of pages that a connection keeps of each file that it reads, in place of the driver's 16,000. The system keeps the pages of both files
 * for all connections together, and those of a connection are stale after each commit.
 */
const KEPT_PAGES_KIB = 4000;

/** How often a read is tried again that met damage, in milliseconds: it may be a long one. */
const TRY_AGAIN = 1000;

/** An index file, as connections that read it are told of it. */
export interface IndexSource {
  readonly path: string;
  /** Which file of this path it is: no two that this process opened have the same number. */
  readonly opening: number;
}

/** A row as its values, in the order of the columns. */
type Tuple = readonly SqlValue[];

/** A statement that is ready to be run, and what its rows are made of. */
interface PreparedQuery {
  readonly statement: Statement<SqlValue[], Tuple>;
  readonly names: readonly string[];
  readonly blank: Row;
}

/**
 * Runs queries on one connection, at once and without waiting: all that a request reads in one call
 * is one moment of the file, and no lock outlives the call. What belongs to the connection is here, so that each has one reader.
 */
export class SqliteReader {
  readonly #queries = new LRUCache<string, PreparedQuery>({ max: MAX_STATEMENTS });
  #attached: IndexSource | undefined;
  #rewrites = 0;
  /** The last read that met damage. */
  #damaged: { readonly read: () => unknown; readonly error: unknown; readonly at: number } | undefined;

  constructor(
    readonly db: Database,
    /** When each query may run. */
    readonly turns: ReadingTurns = ENDLESS_TURN,
  ) {
    db.function(IS_TEXT, { deterministic: true }, (bytes) => Number(Buffer.isBuffer(bytes) && isUtf8(bytes)));
  }

  all(sql: string, ...parameters: readonly SqlValue[]): readonly Row[] {
    return this.#read(() => {
      const query = this.#prepare(sql);
      return rowsOf(query, query.statement.all(...parameters));
    });
  }

  /** As {@link all}, each row as its values in the order of the columns: an object for each of millions would take longer than the reading. */
  tuples(sql: string, ...parameters: readonly SqlValue[]): readonly Tuple[] {
    return this.#read(() => this.#prepare(sql).statement.all(...parameters));
  }

  /** Visits each row of a query as its values, of which millions are not kept at one time. */
  each(sql: string, visit: (tuple: Tuple) => void): void {
    this.turns.take(() => {
      for (const tuple of this.#prepare(sql).statement.iterate()) visit(tuple);
    });
  }

  get(sql: string, ...parameters: readonly SqlValue[]): Row | undefined {
    return this.#read(() => {
      const query = this.#prepare(sql);
      const tuple = query.statement.get(...parameters);
      return tuple === undefined ? undefined : rowOf(query, tuple);
    });
  }

  /** All rows of a query whose parameters have names. */
  rowsOf<R>({ sql, parameters }: SqlQuery<R>): readonly R[] {
    return this.#read(() => {
      const query = this.#prepare(sql);
      return rowsOf(query, query.statement.all(parameters as never)) as unknown as readonly R[];
    });
  }

  /** The first column of the first row. */
  value(sql: string, ...parameters: readonly SqlValue[]): SqlValue | undefined {
    return this.#read(() => this.#prepare(sql).statement.get(...parameters)?.[0]);
  }

  run(sql: string, ...parameters: readonly SqlValue[]): number {
    return this.#prepare(sql).statement.run(...parameters).changes;
  }

  /** Runs `body` whole or not at all. It must not wait for anything: the transaction's lock would be held meanwhile. */
  transaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', body: () => T): T {
    this.run(begin);
    try {
      const result = body();
      this.run('COMMIT');
      return result;
    } catch (error) {
      if (this.db.inTransaction) this.run('ROLLBACK');
      throw error;
    }
  }

  /**
   * Makes sure that the file is not known to be damaged: what once met damage is read again, since only some of a file may be damaged, and
   * somebody may have mended it. Must be called inside a transaction.
   * @throws what that read fails with
   */
  requireUndamaged(): void {
    const damaged = this.#damaged;
    if (damaged === undefined) return;
    if (performance.now() - damaged.at < TRY_AGAIN) throw damaged.error;
    this.#damaged = undefined;
    this.#read(damaged.read);
  }

  #read<T>(read: () => T): T {
    try {
      return this.turns.take(read);
    } catch (error) {
      if (isDamage(error)) this.#damaged = { read, error, at: performance.now() };
      throw error;
    }
  }

  /** Grows whenever another connection commits, and by {@link follow}. */
  version(): number {
    return countOf(this.value('PRAGMA main.data_version')) + this.#rewrites;
  }

  /**
   * Reads all of the file again where it was written to since. SQLite tells by a write-ahead log alone whether pages that it keeps are still
   * right, or without one by a count of commits in the file, which another history that was copied over it can have come to as well. Must not
   * be called inside a transaction.
   * @param rewrites how often it was written to, which only grows.
   */
  follow(rewrites: number): void {
    if (rewrites === this.#rewrites) return;
    this.#rewrites = rewrites;
    // Lets go of all pages that are not in use (https://sqlite.org/pragma.html#pragma_shrink_memory).
    this.db.pragma('shrink_memory');
  }

  /** Changes whenever the schema does (https://sqlite.org/pragma.html#pragma_schema_version). */
  schemaCookie(): SqlValue | undefined {
    return this.value('PRAGMA main.schema_version');
  }

  /**
   * Lets a connection to a history read its index too. What a read-only connection attaches is read-only through it. Must not be called
   * inside a transaction.
   */
  attach(index: IndexSource): void {
    if (this.#attached?.opening === index.opening) return;
    this.detach();
    this.run('ATTACH ? AS known', index.path);
    this.#attached = index;
    this.keepPages('known');
  }

  /** Sets how much of a file is kept in memory, which reads what tables it has: of the history's, only inside a transaction. */
  keepPages(file: 'main' | 'known', kibibytes = KEPT_PAGES_KIB): void {
    this.db.pragma(`${file}.cache_size = -${kibibytes}`);
  }

  /** Lets go of the index, where one is attached. */
  detach(): void {
    if (this.#attached === undefined) return;
    this.#attached = undefined;
    if (this.db.open) this.run('DETACH known');
  }

  #prepare(sql: string): PreparedQuery {
    const known = this.#queries.get(sql);
    if (known !== undefined) return known;
    const query = toQuery(this.db.prepare<SqlValue[], Tuple>(sql));
    this.#queries.set(sql, query);
    return query;
  }
}

/** better-sqlite3 makes an object of a row in twice the time that it takes to make an array of it, and to copy that into an object. */
function toQuery(statement: Statement<SqlValue[], Tuple>): PreparedQuery {
  const names = statement.reader
    ? statement
        .raw(true)
        .columns()
        .map(({ name }) => name)
    : [];
  return { statement, names, blank: blankOf(Object.fromEntries(names.map((name) => [name, null]))) };
}

function rowsOf(query: PreparedQuery, tuples: readonly Tuple[]): readonly Row[] {
  return tuples.map((tuple) => rowOf(query, tuple));
}

function rowOf({ names, blank }: PreparedQuery, tuple: Tuple): Row {
  const row: Record<string, SqlValue> = { ...blank };
  names.forEach((name, at) => {
    row[name] = tuple[at] ?? null;
  });
  return row;
}
