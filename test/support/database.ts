import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import pg from 'pg';
import { createDataSource } from '../../src/stores/postgres/connection/data-source.js';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { atFileEnd } from './file-end.js';

/** Name prefix of this run's template databases. Copying a template takes a tenth of the time of creating a database. */
const TEMPLATE = process.env.TEST_TEMPLATES;

/** The server on which test databases are created. */
function clusterUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (url === undefined)
    throw new Error('TEST_DATABASE_URL is not set: run this spec in the project postgres.');
  return url;
}

/** URL of another database of the same cluster. */
function databaseUrl(name: string): string {
  const url = new URL(clusterUrl());
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * The URL of the same database over a local socket if there is one: a query takes half as long as over TCP. Tests that put a proxy in between need
 * the original URL.
 */
export function bySocket(url: string): string {
  const folder = process.env.TEST_DATABASE_SOCKETS;
  if (folder === undefined) return url;
  const address = new URL(url);
  address.searchParams.set('host', folder);
  return address.href;
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

/** Creates a migrated database, which is dropped at the end of the test file. @returns its URL. */
export async function createDatabase(): Promise<string> {
  return createEmptyDatabase(await preparedTemplate());
}

/**
 * Creates a database by copying one that is filled once per run.
 * @param kind identifies the content, in a few letters and digits.
 * @returns its URL.
 */
export async function createFilledDatabase(
  kind: string,
  fill: (url: string) => Promise<void>,
): Promise<string> {
  const prepared = await preparedTemplate();
  return createEmptyDatabase(await templateOf(kind, prepared, fill));
}

/** Creates a database without tables, which is dropped at the end of the test file. @returns its URL. */
export async function createEmptyDatabase(template = 'template0'): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withCluster((client) => client.query(copySql(name, template)));
  if (created.length === 0) atFileEnd(dropCreated);
  created.push(name);
  return databaseUrl(name);
}

const created: string[] = [];

async function dropCreated(): Promise<void> {
  // Each drop waits for a checkpoint, which concurrent drops share.
  const drop = pLimit(8);
  const drops = created
    .splice(0)
    .map((name) =>
      drop(() => withCluster((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
    );
  await Promise.all(drops);
}

/** Templates that this worker knows to exist. */
const made = new Set<string>();

function preparedTemplate(): Promise<string> {
  return templateOf('prepared', 'template0', async (url) => {
    await migrate({ url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 });
  });
}

/** Creates a template unless it exists. Test files run concurrently, so an advisory lock makes the others wait. @returns its name. */
async function templateOf(
  kind: string,
  source: string,
  fill: (url: string) => Promise<void>,
): Promise<string> {
  if (TEMPLATE === undefined) throw new Error('Run this spec in the project postgres.');
  const name = `${TEMPLATE}_${kind}`;
  if (made.has(name)) return name;
  await withCluster(async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 1) return;
      await client.query(copySql(`${name}_new`, source));
      await fill(databaseUrl(`${name}_new`));
      await client.query(`ALTER DATABASE ${name}_new RENAME TO ${name}`);
    } finally {
      await client.query('SELECT pg_advisory_unlock(hashtext($1))', [name]);
    }
  });
  made.add(name);
  return name;
}

/** Connections for creating and dropping databases: one test file needs dozens. */
let cluster: pg.Pool | undefined;

async function withCluster(work: (client: pg.PoolClient) => Promise<unknown>): Promise<void> {
  if (cluster === undefined) {
    cluster = new pg.Pool({ connectionString: bySocket(clusterUrl()) });
    atFileEnd(endCluster);
  }
  const client = await cluster.connect();
  try {
    await work(client);
  } finally {
    client.release();
  }
}

async function endCluster(): Promise<void> {
  await cluster?.end();
  cluster = undefined;
}

/** Copying the files takes a third of the time of logging each page. */
function copySql(name: string, template: string): string {
  return `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`;
}

/** Reverts migrations from the newest down to the named one, inclusive. */
export async function takeBack(url: string, step: string): Promise<void> {
  const dataSource = createDataSource({ url, poolSize: 1, timeLimit: 10_000 }, () => undefined);
  await dataSource.initialize();
  const isTaken = async (): Promise<boolean> =>
    (await runSql(url, `SELECT FROM schema_migrations WHERE name = '${step}'`)).length > 0;
  while (await isTaken()) await dataSource.undoLastMigration({ transaction: 'each' });
  await dataSource.destroy();
}
