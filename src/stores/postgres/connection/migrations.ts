import { setTimeout } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type pg from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { VERSION } from '../../../config/version.js';
import { DomainError } from '../../../domain/errors.js';
import { ensureWordIndex, hasWordIndex, mayBuildWordIndex } from '../search/word-index.js';
import { createDataSource } from './data-source.js';
import { isBehindPooler } from './pooler.js';
import { isForbidden } from './postgres-failure.js';
import { stepsOf, takeSteps, type DoneStep } from './steps.js';
import type { DatabaseLocation } from '../../../config/settings.js';

/** Key of the advisory lock for layout changes: the letters of "hermes" in hexadecimal. */
const LOCK = 0x6865_726d_6573;

/** How often a waiting process tries to take the lock, in milliseconds. */
const LOOK = 200;

/** Time limit for an operator's work on a whole large table, such as building an index, in milliseconds. */
export const TIME_LIMIT = 24 * 3600 * 1000;

const NO_WORD_INDEX =
  'The index of words is missing, and the role of DATABASE_URL may not build it, so that searches are slow. Run with the role that owns the tables: hermes-sessions migrate';

const NOT_THE_OWNER =
  'The role of DATABASE_URL may not make or alter tables of the database. Run with the role that owns them: hermes-sessions migrate';

/** {@link migrate} has something to do: a migration is pending, or the word index is missing. */
export class UnpreparedError extends DomainError {
  /** @param isEmpty whether the database has no layout at all. */
  constructor(readonly isEmpty = false) {
    super('store_unavailable', {
      message: 'The database is not prepared for this version. Run: hermes-sessions migrate',
    });
  }
}

/**
 * Requires that the database has the layout of this version, or a newer one that is compatible with this version.
 * @throws {UnpreparedError} if a migration is pending
 * @throws {DomainError} `store_unavailable` if it had a migration that this version does not know and cannot coexist with
 */
export async function requireUsableLayout(manager: EntityManager): Promise<void> {
  const done = await stepsOf(manager);
  requireNoForeignLayout(manager.dataSource, done);
  const names = new Set(done.map(({ name }) => name));
  if (!namesOf(manager.dataSource).every((name) => names.has(name)))
    throw new UnpreparedError(done.length === 0);
}

/**
 * Requires that {@link migrate} has nothing to do.
 * @throws as {@link requireUsableLayout}
 */
export async function requirePrepared({ manager }: DataSource): Promise<void> {
  await requireUsableLayout(manager);
  if (!(await hasWordIndex(manager))) throw new UnpreparedError();
}

/** Refuses unknown migrations unless they are marked as compatible: this version could damage data that newer versions keep there. */
function requireNoForeignLayout(dataSource: DataSource, done: readonly DoneStep[]): void {
  const known = new Set(namesOf(dataSource));
  const foreign = done.filter((step) => !known.has(step.name) && step.is_expanding !== true);
  if (foreign.length === 0) return;
  const names = foreign.map(({ name }) => name).join(', ');
  const isNewer = foreign.some(({ timestamp }) => timestamp > newestOf(dataSource));
  throw new DomainError('store_unavailable', {
    message: isNewer
      ? `The database was prepared by a newer version of hermes-sessions than this one (${VERSION}), which does not know: ${names}. Upgrade this one.`
      : `The database was prepared by a version of hermes-sessions that was never released, with steps that this one does not know: ${names}. Use another database.`,
  });
}

/** Timestamp of the newest migration that this version knows; names end with it. */
function newestOf(dataSource: DataSource): number {
  return Math.max(...namesOf(dataSource).map((name) => Number(/\d*$/.exec(name)?.[0])));
}

function namesOf(dataSource: DataSource): readonly string[] {
  return dataSource.migrations.map(({ name }) => name ?? '');
}

/** Lets the caller observe and cancel a long operation. */
export interface Following {
  /** Cancels it: the current step is rolled back, and finished steps stay. */
  readonly signal?: AbortSignal;
  /** Receives a sentence for each step that begins, and for each wait. */
  readonly tell?: (what: string) => void;
}

/**
 * Migrates the database to this version's layout. Of several concurrent processes one migrates, and the others wait.
 * @returns the names of the migrations that were run.
 * @throws {DomainError} `store_unavailable` if a newer version has migrated incompatibly, or the role lacks the rights
 */
export async function migrate(
  location: DatabaseLocation,
  following: Following = {},
): Promise<readonly string[]> {
  const tell = withoutRepetition(following.tell);
  try {
    return await alone(location, { ...following, tell }, async (dataSource) => {
      requireNoForeignLayout(dataSource, await stepsOf(dataSource.manager));
      const taken = await takeSteps(dataSource, TIME_LIMIT, tell);
      if (!(await hasWordIndex(dataSource.manager))) tell('The index of words is built.');
      await ensureWordIndex(dataSource.manager);
      return taken;
    });
  } catch (error) {
    throw isForbidden(error)
      ? new DomainError('store_unavailable', { message: NOT_THE_OWNER, cause: error })
      : error;
  }
}

/**
 * Restores the word index after a first load, and runs VACUUM and ANALYZE, however long that takes: the visibility map allows index-only
 * scans, and the planner needs statistics. A role without these rights leaves them to autovacuum, and leaves the index to a later process
 * that may build it. Until then searches read all rows.
 */
export function finishLoad(location: DatabaseLocation, following: Following): Promise<void> {
  const tell = withoutRepetition(following.tell);
  return alone(location, { ...following, tell }, async ({ manager }) => {
    if (await mayBuildWordIndex(manager)) await ensureWordIndex(manager);
    else if (!(await hasWordIndex(manager))) new Logger('Migrations').warn(NO_WORD_INDEX);
    await manager.query('VACUUM (ANALYZE) sessions, conversations, session_words, session_counts');
    await manager.query('ANALYZE messages');
  });
}

/**
 * Takes the lock without holding a snapshot, because CREATE INDEX CONCURRENTLY waits for all older snapshots. While it waits, it holds
 * none between its statements. Afterwards it holds none either, because the statement has no parameters: with parameters its portal would
 * stay open until the end of the transaction.
 */
async function lock(holder: EntityManager, { signal, tell }: Following): Promise<void> {
  for (;;) {
    const [{ is_locked: isLocked }] = await holder.query<[{ is_locked: boolean }]>(
      `SELECT pg_try_advisory_xact_lock(${LOCK}) AS is_locked`,
    );
    if (isLocked) return;
    tell?.('Another process prepares the database, or ends a first load: it is waited for.');
    await setTimeout(LOOK, undefined, { signal });
  }
}

/** Reports repeated messages once. */
function withoutRepetition(tell: Following['tell']): (what: string) => void {
  let last: string | undefined;
  return (what) => {
    if (what !== last) tell?.(what);
    last = what;
  };
}

/**
 * Closes all connections of a pool when the signal aborts; the database rolls back what is uncommitted.
 * @returns a function that stops this.
 */
function endWith(dataSource: DataSource, signal: AbortSignal | undefined): () => void {
  const pool = (dataSource.driver as PostgresDriver).master as pg.Pool;
  const taken = new Set<pg.PoolClient & Pick<pg.Client, 'end'>>();
  const end = (): void => {
    for (const client of taken) void client.end().catch(() => undefined);
  };
  pool.on('acquire', (client) => {
    taken.add(client);
    if (signal?.aborted === true) end();
  });
  signal?.addEventListener('abort', end);
  return () => signal?.removeEventListener('abort', end);
}

/**
 * Runs a long operation in one process at a time. A parallel transaction holds the lock rather than the session, because behind a pooler
 * sessions do not end.
 */
async function alone<T>(
  location: DatabaseLocation,
  following: Following,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = createDataSource(
    { ...location, poolSize: 2, timeLimit: TIME_LIMIT },
    () => undefined,
    await isBehindPooler(location),
  );
  await dataSource.initialize();
  const letGo = endWith(dataSource, following.signal);
  const holder = dataSource.createQueryRunner();
  try {
    // Other isolation levels keep the snapshot of their first statement.
    await holder.startTransaction('READ COMMITTED');
    await lock(holder.manager, following);
    const result = await work(dataSource);
    await holder.commitTransaction();
    return result;
  } finally {
    // After a failure the lock ends with its connection.
    await holder.release();
    await dataSource.destroy();
    letGo();
  }
}
