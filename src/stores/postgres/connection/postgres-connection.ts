import { Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import { BEYOND_ALL, readPosition } from '../../../domain/read-position.js';
import { Absence } from '../../../logging/absence.js';
import type { DatabaseLocation } from '../../../config/settings.js';
import type { StandbyMeasurements } from '../../../sessions/store-health.js';
import { inSpan, POSTGRESQL } from '../../../tracing/span.js';
import { flushedPosition, writtenPosition } from './log-position.js';
import { requirePrepared, requireUsableLayout, UnpreparedError } from './migrations.js';
import { OpenDatabase, undo, type Way } from './open-database.js';
import { AwayError, isTransient, toStoreError } from './postgres-failure.js';
import { Replicas, type ReplicaRead } from './replicas.js';

/** How often a transaction is attempted if it conflicts with others. */
const MAX_ATTEMPTS = 5;

/** How long after a failed connection attempt the next one is made, in milliseconds. */
const REST = 250;

/** A read-only snapshot. It begins with one statement, where TypeORM would send two. */
const READING: Way = {
  begin: (runner) => runner.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'),
  end: (runner) => runner.query('COMMIT'),
  undo: (runner) => runner.query('ROLLBACK'),
};

/** No transaction: a single statement has its own snapshot. */
const ALONE: Way = {
  begin: () => Promise.resolve(),
  end: () => Promise.resolve(),
  undo: () => Promise.resolve(),
};

/** Uses TypeORM's own transactions, because it locks rows only within these. */
const WRITING: Way = {
  begin: (runner) => runner.startTransaction(),
  end: (runner) => runner.commitTransaction(),
  undo: (runner) => runner.rollbackTransaction(),
};

/** A manager whose reads all see the same snapshot of the database. */
export type Snapshot = EntityManager;

/** The connections to the database. They are opened on first use, and reopened after the database was unreachable. */
export class PostgresConnection {
  readonly #logger = new Logger(PostgresConnection.name);
  readonly #absence = new Absence('The database', this.#logger);
  readonly #replicas: Replicas;
  #main: OpenDatabase | undefined;
  #opening: Promise<OpenDatabase> | undefined;
  /** Why the last attempt to open failed, and when the next one may be made. */
  #failed: { readonly error: unknown; readonly until: number } | undefined;
  #isClosed = false;

  constructor(readonly location: DatabaseLocation) {
    this.#replicas = new Replicas(
      location.replicaUrls,
      (url) => this.#openAt(url),
      () => this.#within(ALONE, 'master', flushedPosition),
    );
  }

  /** Whether there are no replicas. */
  get isSingle(): boolean {
    return this.location.replicaUrls.length === 0;
  }

  /** How far each standby lags. */
  get standbys(): readonly StandbyMeasurements[] {
    return this.#replicas.behind;
  }

  /**
   * Runs `read` on one snapshot, on a replica if there is one.
   * @throws {DomainError} `store_unavailable`
   */
  async snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#within(READING, 'slave', read);
  }

  /**
   * Runs `read`, which must be a single statement, on a replica if there is one.
   * @throws {DomainError} `store_unavailable`
   */
  async statement<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    // Starting a transaction shows whether a replica is readable, and behind a pooler time limits apply only within a transaction.
    return this.isSingle && this.#main?.isPooled !== true
      ? this.#within(ALONE, 'master', read)
      : this.snapshot(read);
  }

  /**
   * Runs `read` on one snapshot of the primary database.
   * @throws {DomainError} `store_unavailable`
   */
  async current<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#within(READING, 'master', read);
  }

  /**
   * Runs `write` in one atomic transaction, which is retried after a conflict.
   * @throws {DomainError} `store_unavailable`
   */
  async transaction<T>(write: (manager: EntityManager) => Promise<T>): Promise<T> {
    const written = await this.#within(WRITING, 'master', write);
    if (!this.isSingle) await this.#remember();
    return written;
  }

  /** After a write, the caller must not read a replica that has not replayed it. A failure here does not undo the write. */
  async #remember(): Promise<void> {
    const position = readPosition();
    if (position === undefined) return;
    const written = await this.#within(ALONE, 'master', writtenPosition).catch(() => undefined);
    position.reach(written ?? BEYOND_ALL);
  }

  /**
   * The open pool.
   * @throws {DomainError} `store_unavailable`, also if this version cannot use the database's layout
   */
  async open(): Promise<DataSource> {
    return (await this.#opened()).dataSource;
  }

  async #opened(): Promise<OpenDatabase> {
    if (this.#isClosed) throw new DomainError('store_unavailable', { message: 'The server is stopping.' });
    if (this.#main !== undefined) return this.#main;
    if (this.#failed !== undefined && performance.now() < this.#failed.until) throw this.#failed.error;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /**
   * Whether a migration would have nothing to do. If the tables exist, the pool is open afterwards.
   * @throws {DomainError} `store_unavailable` if the database cannot be reached or has the layout of a newer version
   */
  async isPrepared(): Promise<boolean> {
    try {
      await requirePrepared(await this.open());
      return true;
    } catch (error) {
      if (error instanceof UnpreparedError) return false;
      throw toStoreError(error);
    }
  }

  /** Closes all connections for good; later calls are refused, and do not reconnect. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening?.catch(() => undefined);
    const main = this.#main;
    this.#main = undefined;
    await main?.dataSource.destroy();
    await this.#replicas.close();
  }

  #openAt(url: string): Promise<OpenDatabase> {
    return OpenDatabase.open({ ...this.location, url }, (error) => {
      this.#logger.debug(`A connection to the database broke: ${String(error)}`);
    });
  }

  async #open(): Promise<OpenDatabase> {
    let database: OpenDatabase | undefined;
    try {
      database = await this.#openAt(this.location.url);
      await requireUsableLayout(database.dataSource.manager);
      this.#main = database;
      this.#failed = undefined;
      this.#replicas.watch();
      return database;
    } catch (error) {
      await database?.dataSource.destroy().catch(() => undefined);
      const failure = toStoreError(error);
      // An unprepared database has answered, and may be migrated at any moment, so it is asked again at once.
      if (!(failure instanceof UnpreparedError))
        this.#failed = { error: failure, until: performance.now() + REST };
      throw failure;
    }
  }

  async #within<T>(
    way: Way,
    mode: 'master' | 'slave',
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Retries use the primary: conflicts with a standby's replay last until it has caught up.
        return await this.#once(way, attempt === 1 ? mode : 'master', work);
      } catch (error) {
        if (!isTransient(error) || attempt === MAX_ATTEMPTS) throw this.#told(toStoreError(error));
      }
    }
  }

  #told(failure: unknown): unknown {
    if (failure instanceof AwayError && !this.#isClosed) this.#absence.met(failure.message);
    return failure;
  }

  #once<T>(way: Way, mode: 'master' | 'slave', work: (manager: EntityManager) => Promise<T>): Promise<T> {
    // The span includes the wait for a connection.
    return inSpan(way === WRITING ? 'postgresql write' : 'postgresql read', POSTGRESQL, () =>
      this.#onConnection(way, mode, work),
    );
  }

  async #onConnection<T>(
    way: Way,
    mode: 'master' | 'slave',
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const { runner, rest } = await this.#begin(way, mode);
    try {
      const result = await work(runner.manager);
      await way.end(runner);
      // Success on a replica does not show that the primary is reachable.
      if (rest === undefined) this.#absence.end();
      return result;
    } catch (error) {
      await undo(runner, way, error);
      if (isTransient(error)) await rest?.(error);
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** A connection with a begun transaction; the primary's if no replica can be used. */
  async #begin(
    way: Way,
    mode: 'master' | 'slave',
  ): Promise<Pick<ReplicaRead, 'runner'> & Partial<ReplicaRead>> {
    const main = await this.#opened();
    const position = readPosition()?.reached;
    const replica =
      mode === 'slave' ? await this.#replicas.begin(way, position === 0n ? undefined : position) : undefined;
    return replica ?? { runner: await main.begin(way) };
  }
}
