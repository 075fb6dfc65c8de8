import { isUtf8 } from 'node:buffer';
import type { Database, Statement } from 'better-sqlite3';
import type { SqlQuery } from '../../read-model/sql-piece.js';
import { ENDLESS_TURN, type ReadingTurns } from './reader-gate.js';

/** A value that SQLite stores or is bound to. */
export type SqlValue = string | number | bigint | Buffer | null;

/** A row as SQLite gives it: damaged files hold any type in any column, so every value is checked where it is used. */
export type Row = Readonly<Record<string, SqlValue>>;

/** SQL function: whether bytes are text. SQLite itself takes any for text, and shows those that are none as U+FFFD. */
export const IS_TEXT = 'is_utf8';

/** Connections that know our functions; making them again would disturb statements that run. */
const TAUGHT = new WeakSet<Database>();

/** Statements are few, since each query has a fixed number of shapes; the bound only guards memory. */
const MAX_STATEMENTS = 500;

/**
 * Runs queries on one connection, at once and without waiting: all that a request reads in one call
 * is one moment of the file, and no lock outlives the call.
 */
export class SqliteReader {
  readonly #statements = new Map<string, Statement<SqlValue[], Row>>();

  constructor(
    readonly db: Database,
    /** When each query may run. */
    readonly turns: ReadingTurns = ENDLESS_TURN,
  ) {
    if (TAUGHT.has(db)) return;
    TAUGHT.add(db);
    db.function(IS_TEXT, { deterministic: true }, (bytes) => Number(Buffer.isBuffer(bytes) && isUtf8(bytes)));
  }

  all(sql: string, ...parameters: readonly SqlValue[]): readonly Row[] {
    return this.turns.take(() => this.prepare(sql).all(...parameters));
  }

  /** As {@link all}, each row as its values in the order of the columns: an object for each of millions would take longer than the reading. */
  tuples(sql: string, ...parameters: readonly SqlValue[]): readonly (readonly SqlValue[])[] {
    return this.turns.take(() => {
      const statement = this.prepare(sql).raw(true);
      try {
        return statement.all(...parameters) as unknown as SqlValue[][];
      } finally {
        statement.raw(false);
      }
    });
  }

  get(sql: string, ...parameters: readonly SqlValue[]): Row | undefined {
    return this.turns.take(() => this.prepare(sql).get(...parameters));
  }

  /** All rows of a query whose parameters have names. */
  rowsOf<R>({ sql, parameters }: SqlQuery<R>): readonly R[] {
    return this.turns.take(() => this.prepare(sql).all(parameters as never)) as unknown as readonly R[];
  }

  /** The first column of the first row. */
  value(sql: string, ...parameters: readonly SqlValue[]): SqlValue | undefined {
    return Object.values(this.get(sql, ...parameters) ?? {})[0];
  }

  run(sql: string, ...parameters: readonly SqlValue[]): number {
    return this.prepare(sql).run(...parameters).changes;
  }

  private prepare(sql: string): Statement<SqlValue[], Row> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.db.prepare<SqlValue[], Row>(sql);
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}
