import type { DataSource } from 'typeorm';
import { VERSION } from '../../../config/version.js';
import { DomainError } from '../../../domain/errors.js';
import { ensureWordIndex, hasWordIndex } from '../search/word-index.js';
import { createDataSource } from './data-source.js';
import { isBehindPooler } from './pooler.js';
import type { DatabaseLocation } from '../../../config/settings.js';

/** Number of the advisory lock that is held by who changes the layout: "hermes" in hexadecimal digits of its letters. */
const LOCK = 0x6865_726d_6573;

/** How long a migration may take: building an index of a large table takes long. */
const TIME_LIMIT = 24 * 3600 * 1000;

/** A database lacks something that {@link migrate} brings. */
export class UnpreparedError extends DomainError {
  constructor() {
    super('store_unavailable', {
      message: 'The database is not prepared for this version. Run: hermes-sessions migrate',
    });
  }
}

/**
 * Makes sure that a database has the layout of this version.
 * @throws {UnpreparedError} where it lacks a migration
 * @throws {DomainError} `store_unavailable`, where it knows one that this version does not
 */
export async function requireCurrentLayout(dataSource: DataSource): Promise<void> {
  const done = await migrationsOf(dataSource);
  requireNoNewerLayout(dataSource, done);
  if (!namesOf(dataSource).every((name) => done.has(name))) throw new UnpreparedError();
}

/**
 * Makes sure that there is nothing that {@link migrate} would do.
 * @throws as {@link requireCurrentLayout}
 */
export async function requirePrepared(dataSource: DataSource): Promise<void> {
  await requireCurrentLayout(dataSource);
  if (!(await hasWordIndex(dataSource.manager))) throw new UnpreparedError();
}

/** Names of the migrations that a database has had. */
async function migrationsOf(dataSource: DataSource): Promise<ReadonlySet<string>> {
  const [{ exists }] = await dataSource.query<[{ exists: boolean }]>(
    `SELECT to_regclass('schema_migrations') IS NOT NULL AS exists`,
  );
  const rows = exists ? await dataSource.query<{ name: string }[]>('SELECT name FROM schema_migrations') : [];
  return new Set(rows.map(({ name }) => name));
}

/** Whoever went on with a layout that it does not know could damage what newer versions keep there. */
function requireNoNewerLayout(dataSource: DataSource, done: ReadonlySet<string>): void {
  const known = new Set(namesOf(dataSource));
  const newer = [...done].filter((name) => !known.has(name));
  if (newer.length === 0) return;
  throw new DomainError('store_unavailable', {
    message: `The database was prepared by a newer version of hermes-sessions than this one (${VERSION}), which does not know: ${newer.join(', ')}. Upgrade this one.`,
  });
}

function namesOf(dataSource: DataSource): readonly string[] {
  return dataSource.migrations.map(({ name }) => name ?? '');
}

/**
 * Brings a database to the layout of this version. However many do it at once, one does and the others wait.
 * @returns the names of the migrations that were run.
 * @throws {DomainError} `store_unavailable`, where a newer version has been there
 */
export function migrate(location: DatabaseLocation): Promise<readonly string[]> {
  return alone(location, async (dataSource) => {
    requireNoNewerLayout(dataSource, await migrationsOf(dataSource));
    const done = await dataSource.runMigrations({ transaction: 'each' });
    await ensureWordIndex(dataSource.manager);
    return done.map(({ name }) => name);
  });
}

/**
 * Brings back what a first load left out, and has the database look at what came in, however long that takes: which rows everybody sees,
 * so that an index alone can answer, and how values are spread. Whoever may not have it look waits for its own upkeep.
 */
export function finishLoad(location: DatabaseLocation): Promise<void> {
  return alone(location, async ({ manager }) => {
    await ensureWordIndex(manager);
    await manager.query('VACUUM (ANALYZE) sessions, conversations, session_words, session_counts');
    await manager.query('ANALYZE messages');
  });
}

/** Does something that takes long, one process at a time. A transaction beside it holds the lock, since a pooler ends no session. */
async function alone<T>(
  location: DatabaseLocation,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = createDataSource(
    { ...location, poolSize: 2, timeLimit: TIME_LIMIT },
    () => undefined,
    await isBehindPooler(location),
  );
  await dataSource.initialize();
  const holder = dataSource.createQueryRunner();
  try {
    await holder.startTransaction();
    await holder.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const result = await work(dataSource);
    await holder.commitTransaction();
    return result;
  } finally {
    // Where it failed, the lock ends with its connection.
    await holder.release();
    await dataSource.destroy();
  }
}
