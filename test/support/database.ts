import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import pg from 'pg';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';

/** Databases are copied from one that is prepared already: that takes a tenth of the time. */
const TEMPLATE = 'hermes_sessions_template';

/** Where databases for tests can be made. */
function clusterUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (url === undefined)
    throw new Error('TEST_DATABASE_URL is not set: run this spec in the project postgres.');
  return url;
}

/** Address of another database of the same cluster. */
function databaseUrl(name: string): string {
  const url = new URL(clusterUrl());
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs SQL on a database. */
export async function runSql(
  url: string,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql, [...parameters]);
    return rows;
  } finally {
    await client.end();
  }
}

/** A new database, prepared, which is dropped when its test file ends. @returns its address. */
export async function createDatabase(): Promise<string> {
  await prepareTemplate();
  const name = await createEmptyDatabase(TEMPLATE);
  return name;
}

/** A new database without anything in it, which is dropped when its test file ends. @returns its address. */
export async function createEmptyDatabase(template = 'template0'): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withCluster((client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  created.push(name);
  return databaseUrl(name);
}

const created: string[] = [];

afterAll(async () => {
  // Each waits for a checkpoint, which those that come together share.
  const drop = pLimit(8);
  const drops = created
    .splice(0)
    .map((name) =>
      drop(() => withCluster((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
    );
  await Promise.all(drops);
});

/** Test files run at the same time, so one of them makes it while the others wait. */
async function prepareTemplate(): Promise<void> {
  await withCluster(async (client) => {
    await client.query('SELECT pg_advisory_lock(4711)');
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount === 1) return;
    await client.query(`CREATE DATABASE ${TEMPLATE}_new`);
    await migrate({ url: databaseUrl(`${TEMPLATE}_new`), replicaUrls: [], poolSize: 2, timeLimit: 10_000 });
    await client.query(`ALTER DATABASE ${TEMPLATE}_new RENAME TO ${TEMPLATE}`);
  });
}

async function withCluster(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl() });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
