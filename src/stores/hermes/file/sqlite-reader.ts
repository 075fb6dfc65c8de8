import { isUtf8 } from 'node:buffer';
import type { Database, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { blankOf } from '../../../domain/blank-object.js';
import type { SqlQuery } from '../../read-model/sql-piece.js';
import { ENDLESS_TURN, type ReadingTurns } from './reader-gate.js';
import { isDamage } from './sqlite-failure.js';
import { countOf } from './values.js';
import { READING } from '../waits.js';

/** A value that SQLite stores or accepts as a parameter. */
export type SqlValue = string | number | bigint | Buffer | null;

/** A row as SQLite gives it: damaged files hold any type in any column, so every value is checked where it is used. */
export type Row = Readonly<Record<string, SqlValue>>;

/** SQL function: whether bytes are valid UTF-8. SQLite itself accepts any bytes as text, and shows invalid ones as U+FFFD. */
export const IS_TEXT = 'is_utf8';

/** Prepared statements to cache: more than the distinct queries in use at a time. Each page size makes a distinct query. */
const MAX_STATEMENTS = 300;

/**
 * Page cache of a connection for each file that it reads, in KiB, instead of the driver's 16,000. The system caches the pages of both files for all
 * connections, and a connection's own cache is stale after each commit.
 */
const KEPT_PAGES_KIB = 4000;

/** An index file, as passed to the connections that read it. */
export interface IndexSource {
  readonly path: string;
  /** The number of this opening of the path, unique in this process. */
  readonly opening: number;
}

/** The values of a row, in column order. */
type Tuple = readonly SqlValue[];

/** A prepared statement, and what is needed to build its rows. */
interface PreparedQuery {
  readonly statement: Statement<SqlValue[], Tuple>;
  readonly names: readonly string[];
  readonly blank: Row;
}

/**
 * Runs queries on one connection, synchronously: all reads of a request in one call see the same snapshot of the file, and no lock outlives the call.
 * Holds all state of the connection, so each connection has one reader.
 */
export class SqliteReader {
  readonly #queries = new LRUCache<string, PreparedQuery>({ max: MAX_STATEMENTS });
  #attached: IndexSource | undefined;
  #rewrites = 0;
  /** The last read that found damage. */
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

  /** Like {@link all}, but with each row as an array of values: creating millions of objects would take longer than the reading. */
  tuples(sql: string, ...parameters: readonly SqlValue[]): readonly Tuple[] {
    return this.#read(() => this.#prepare(sql).statement.all(...parameters));
  }

  /** Visits each row of a query as its values, without keeping all rows in memory. */
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

  /** All rows of a query with named parameters. */
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

  /** Runs `body` in a transaction. `body` must be synchronous, since the transaction holds a lock. */
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
   * Makes sure that the file is not known to be damaged. Repeats a read that found damage, since only a part of the file may be damaged, and somebody
   * may have repaired it. Must be called inside a transaction.
   * @throws the error of that read
   */
  requireUndamaged(): void {
    const damaged = this.#damaged;
    if (damaged === undefined) return;
    if (performance.now() - damaged.at < READING.damaged) throw damaged.error;
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
   * Drops cached pages if the file was written to since. SQLite validates its cache only by the write-ahead log, or without one by a change counter
   * in the file, which another history that was copied over it can have reached as well. Must not be called inside a transaction.
   * @param rewrites how often the file was written to, which only grows.
   */
  follow(rewrites: number): void {
    if (rewrites === this.#rewrites) return;
    this.#rewrites = rewrites;
    // Frees all pages that are not in use (https://sqlite.org/pragma.html#pragma_shrink_memory).
    this.db.pragma('shrink_memory');
  }

  /** Changes whenever the schema does (https://sqlite.org/pragma.html#pragma_schema_version). */
  schemaCookie(): SqlValue | undefined {
    return this.value('PRAGMA main.schema_version');
  }

  /** Lets a connection to a history read its index too. A read-only connection attaches files read-only. Must not be called inside a transaction. */
  attach(index: IndexSource): void {
    if (this.#attached?.opening === index.opening) return;
    this.detach();
    this.run('ATTACH ? AS known', index.path);
    this.#attached = index;
    this.keepPages('known');
  }

  /** Sets the cache size of a file. This reads the file's schema, so for the history it needs a transaction. */
  keepPages(file: 'main' | 'known', kibibytes = KEPT_PAGES_KIB): void {
    this.db.pragma(`${file}.cache_size = -${kibibytes}`);
  }

  /** Detaches the index, if one is attached. */
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

/** better-sqlite3 needs twice as long for a row object as for an array and a copy of that into an object. */
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
