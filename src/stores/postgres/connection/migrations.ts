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

/** Number of the advisory lock that is held by who changes the layout: "hermes" in hexadecimal digits of its letters. */
const LOCK = 0x6865_726d_6573;

/** How often whoever waits for the lock looks for it, in milliseconds. */
const LOOK = 200;

/** How long may take what an operator has done to all of a large table, such as building an index of it, in milliseconds. */
export const TIME_LIMIT = 24 * 3600 * 1000;

const NO_WORD_INDEX =
  'The index of words is missing, and the role of DATABASE_URL may not build it, so that searches are slow. Run with the role that owns the tables: hermes-sessions migrate';

const NOT_THE_OWNER =
  'The role of DATABASE_URL may not make or alter tables of the database. Run with the role that owns them: hermes-sessions migrate';

/** A database lacks something that {@link migrate} brings. */
export class UnpreparedError extends DomainError {
  /** @param isEmpty whether it never had any step of a layout. */
  constructor(readonly isEmpty = false) {
    super('store_unavailable', {
      message: 'The database is not prepared for this version. Run: hermes-sessions migrate',
    });
  }
}

/**
 * Makes sure that a database has the layout of this version, or a newer one beside which this version can go on.
 * @throws {UnpreparedError} where it lacks a migration
 * @throws {DomainError} `store_unavailable`, where it has had one that this version does not know, and that leaves no room for it
 */
export async function requireUsableLayout(manager: EntityManager): Promise<void> {
  const done = await stepsOf(manager);
  requireNoForeignLayout(manager.dataSource, done);
  const names = new Set(done.map(({ name }) => name));
  if (!namesOf(manager.dataSource).every((name) => names.has(name)))
    throw new UnpreparedError(done.length === 0);
}

/**
 * Makes sure that there is nothing that {@link migrate} would do.
 * @throws as {@link requireUsableLayout}
 */
export async function requirePrepared({ manager }: DataSource): Promise<void> {
  await requireUsableLayout(manager);
  if (!(await hasWordIndex(manager))) throw new UnpreparedError();
}

/** Whoever went on with a layout that it does not know could damage what newer versions keep there, unless these say that it cannot. */
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

/** The number of the newest step that this version knows, which names end with. */
function newestOf(dataSource: DataSource): number {
  return Math.max(...namesOf(dataSource).map((name) => Number(/\d*$/.exec(name)?.[0])));
}

function namesOf(dataSource: DataSource): readonly string[] {
  return dataSource.migrations.map(({ name }) => name ?? '');
}

/** How somebody follows what takes long, and ends it. */
export interface Following {
  /** Ends it: what it is at does not happen, and what was done stays. */
  readonly signal?: AbortSignal;
  /** Is told, in sentences, of what is begun and of what is waited for. */
  readonly tell?: (what: string) => void;
}

/**
 * Brings a database to the layout of this version. However many do it at once, one does and the others wait.
 * @returns the names of the migrations that were run.
 * @throws {DomainError} `store_unavailable`, where a newer version has been there that leaves no room for this one, and where the role may not
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
 * Brings back what a first load left out, and has the database look at what came in, however long that takes: which rows everybody sees,
 * so that an index alone can answer, and how values are spread. Whoever may not have it look waits for its own upkeep, and whoever may not
 * build the index leaves it to the next one that may: searches read all rows meanwhile.
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
 * Takes the lock, and keeps no moment of the database, for whose end whoever builds an index waits: neither while it waits, since it does so between
 * statements, nor afterwards, since the statement has no parameters, with which it would stay open as long as the transaction.
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

/** Tells once what is met again and again. */
function withoutRepetition(tell: Following['tell']): (what: string) => void {
  let last: string | undefined;
  return (what) => {
    if (what !== last) tell?.(what);
    last = what;
  };
}

/**
 * Ends all connections of a pool with a signal, whatever they are at: the database undoes what they have not committed.
 * @returns what ends that.
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

/** Does something that takes long, one process at a time. A transaction beside it holds the lock, since a pooler ends no session. */
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
    // Other ones keep the moment of their first statement.
    await holder.startTransaction('READ COMMITTED');
    await lock(holder.manager, following);
    const result = await work(dataSource);
    await holder.commitTransaction();
    return result;
  } finally {
    // Where it failed, the lock ends with its connection.
    await holder.release();
    await dataSource.destroy();
    letGo();
  }
}
