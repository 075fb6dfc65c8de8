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

/** How often a transaction that met another one begins anew. */
const MAX_ATTEMPTS = 5;

/** How long it is waited before the database is asked again after it could not be reached, in milliseconds. */
const REST = 250;

/** One moment of the database, in one statement to begin it where TypeORM takes two. */
const READING: Way = {
  begin: (runner) => runner.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'),
  end: (runner) => runner.query('COMMIT'),
  undo: (runner) => runner.query('ROLLBACK'),
};

/** One statement is one moment by itself. */
const ALONE: Way = {
  begin: () => Promise.resolve(),
  end: () => Promise.resolve(),
  undo: () => Promise.resolve(),
};

/** TypeORM locks rows only within a transaction that it has begun itself. */
const WRITING: Way = {
  begin: (runner) => runner.startTransaction(),
  end: (runner) => runner.commitTransaction(),
  undo: (runner) => runner.rollbackTransaction(),
};

/** What a request reads, all of one moment of the database. */
export type Snapshot = EntityManager;

/**
 * The connections to the database. They are opened when they are first needed, and again after the database could not be
 * reached.
 */
export class PostgresConnection {
  readonly #logger = new Logger(PostgresConnection.name);
  readonly #absence = new Absence('The database', this.#logger);
  readonly #replicas: Replicas;
  #main: OpenDatabase | undefined;
  #opening: Promise<OpenDatabase> | undefined;
  /** Why it could not be opened, and until when that is not tried again. */
  #failed: { readonly error: unknown; readonly until: number } | undefined;
  #isClosed = false;

  constructor(readonly location: DatabaseLocation) {
    this.#replicas = new Replicas(
      location.replicaUrls,
      (url) => this.#openAt(url),
      () => this.#within(ALONE, 'master', flushedPosition),
    );
  }

  /** Whether every answer comes from the database that is written to. */
  get isSingle(): boolean {
    return this.location.replicaUrls.length === 0;
  }

  /** How far its standbys are behind. */
  get standbys(): readonly StandbyMeasurements[] {
    return this.#replicas.behind;
  }

  /**
   * Runs `read` on one moment of the database; a replica's where there are some.
   * @throws {DomainError} `store_unavailable`
   */
  async snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#within(READING, 'slave', read);
  }

  /**
   * Runs `read`, which is one statement; a replica's where there are some.
   * @throws {DomainError} `store_unavailable`
   */
  async statement<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    // Whether a replica can be read shows when a transaction begins; behind a pooler it has limits only within one.
    return this.isSingle && this.#main?.isPooled !== true
      ? this.#within(ALONE, 'master', read)
      : this.snapshot(read);
  }

  /**
   * Runs `read` on one moment of the database that is written to.
   * @throws {DomainError} `store_unavailable`
   */
  async current<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#within(READING, 'master', read);
  }

  /**
   * Runs `write` in one transaction, again where it met another one. It happens whole or not at all.
   * @throws {DomainError} `store_unavailable`
   */
  async transaction<T>(write: (manager: EntityManager) => Promise<T>): Promise<T> {
    const written = await this.#within(WRITING, 'master', write);
    if (!this.isSingle) await this.#remember();
    return written;
  }

  /** Who has changed something reads no replica that has not come so far. The change is made, whatever becomes of this. */
  async #remember(): Promise<void> {
    const position = readPosition();
    if (position === undefined) return;
    const written = await this.#within(ALONE, 'master', writtenPosition).catch(() => undefined);
    position.reach(written ?? BEYOND_ALL);
  }

  /**
   * The open pool.
   * @throws {DomainError} `store_unavailable`, also where the database has another layout than this version can use
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
   * Whether the database has all that a migration would bring. Where it has its tables, the pool is open from then on.
   * @throws {DomainError} `store_unavailable`, where it cannot be reached or has the layout of a newer version
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

  /** Ends for good; whoever comes later is refused rather than connected anew. */
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
      // One that lacks something may have it at once, and has answered.
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
        // A standby that catches up is in the way of everything for as long as that takes.
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
    // With the wait for a connection.
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
      // A replica says nothing of the database that it follows.
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

  /** A connection in a transaction; the main database's where no replica can be read. */
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
