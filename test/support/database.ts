import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import pg from 'pg';
import { createDataSource } from '../../src/stores/postgres/connection/data-source.js';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { atFileEnd } from './file-end.js';

/** Databases that others are copied from, which takes a tenth of the time, have names that begin so; they are those of one run. */
const TEMPLATE = process.env.TEST_TEMPLATES;

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

/**
 * The same database by way of a socket of this machine, where there is one: a question takes half as long there as by TCP. Whoever puts
 * something between takes the address as it was.
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

/** A new database, prepared, which is dropped when its test file ends. @returns its address. */
export async function createDatabase(): Promise<string> {
  return createEmptyDatabase(await preparedTemplate());
}

/**
 * A new database with what others of its kind have, which is filled once in a run.
 * @param kind what is in it, in few letters and digits.
 * @returns its address.
 */
export async function createFilledDatabase(
  kind: string,
  fill: (url: string) => Promise<void>,
): Promise<string> {
  const prepared = await preparedTemplate();
  return createEmptyDatabase(await templateOf(kind, prepared, fill));
}

/** A new database without anything in it, which is dropped when its test file ends. @returns its address. */
export async function createEmptyDatabase(template = 'template0'): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withCluster((client) => client.query(copySql(name, template)));
  if (created.length === 0) atFileEnd(dropCreated);
  created.push(name);
  return databaseUrl(name);
}

const created: string[] = [];

async function dropCreated(): Promise<void> {
  // Each waits for a checkpoint, which those that come together share.
  const drop = pLimit(8);
  const drops = created
    .splice(0)
    .map((name) =>
      drop(() => withCluster((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
    );
  await Promise.all(drops);
}

/** Templates that are there, as this worker has seen. */
const made = new Set<string>();

function preparedTemplate(): Promise<string> {
  return templateOf('prepared', 'template0', async (url) => {
    await migrate({ url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 });
  });
}

/** Test files run at the same time, so one of them makes it while the others wait. @returns its name. */
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

/** Connections on which databases are made and dropped: one test file makes dozens of them. */
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

/** Files are copied as they are, which takes a third of the time of writing each page to the log. */
function copySql(name: string, template: string): string {
  return `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`;
}

/** Takes the steps of a layout back from the newest to the one that is named, which included. */
export async function takeBack(url: string, step: string): Promise<void> {
  const dataSource = createDataSource({ url, poolSize: 1, timeLimit: 10_000 }, () => undefined);
  await dataSource.initialize();
  const isTaken = async (): Promise<boolean> =>
    (await runSql(url, `SELECT FROM schema_migrations WHERE name = '${step}'`)).length > 0;
  while (await isTaken()) await dataSource.undoLastMigration({ transaction: 'each' });
  await dataSource.destroy();
}
