import { rmSync } from 'node:fs';
import pg from 'pg';

/** Stops the server that `postgres-cluster.js` started. On a server that was there before, it drops this run's databases. */
export default async function stop() {
  rmSync(process.env.TEST_SHIPPED, { recursive: true });
  if (globalThis.stopTestCluster !== undefined) return globalThis.stopTestCluster();
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  const { rows } = await client.query(
    'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
    [`${process.env.TEST_TEMPLATES}_`],
  );
  for (const { name } of rows) await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await client.end();
}
