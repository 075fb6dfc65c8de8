import type { DataSource } from 'typeorm';
import { createDataSource } from './data-source.js';
import type { DatabaseLocation } from '../../../config/settings.js';

/** Number of the advisory lock that one migration at a time holds: "hermes" in hexadecimal digits of its letters. */
const LOCK = 0x6865_726d_6573;

/** How long a migration may take: building an index of a large table takes long. */
const TIME_LIMIT = 24 * 3600 * 1000;

/** Names of the migrations that a database lacks. */
export async function pendingMigrations(dataSource: DataSource): Promise<readonly string[]> {
  const [{ exists }] = await dataSource.query<[{ exists: boolean }]>(
    `SELECT to_regclass('schema_migrations') IS NOT NULL AS exists`,
  );
  const rows = exists ? await dataSource.query<{ name: string }[]>('SELECT name FROM schema_migrations') : [];
  const done = new Set(rows.map(({ name }) => name));
  return dataSource.migrations.map(({ name }) => name ?? '').filter((name) => !done.has(name));
}

/**
 * Brings a database to the layout of this version. However many do it at once, one does and the others wait.
 * @returns the names of the migrations that were run.
 */
export async function migrate(location: DatabaseLocation): Promise<readonly string[]> {
  const dataSource = createDataSource(
    { ...location, replicaUrls: [], poolSize: 2, timeLimit: TIME_LIMIT },
    () => undefined,
  );
  await dataSource.initialize();
  const holder = dataSource.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const done = await dataSource.runMigrations({ transaction: 'each' });
    return done.map(({ name }) => name);
  } finally {
    // The lock ends with its connection.
    await holder.release();
    await dataSource.destroy();
  }
}
