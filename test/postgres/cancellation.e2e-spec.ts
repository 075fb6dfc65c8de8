import { databaseOf } from '../../src/config/settings.js';
import { untilCancelled } from '../../src/stores/postgres/connection/cancellation.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { createDatabase, runSql } from '../support/database.js';
import { testSettings } from '../support/server.js';
import { until } from '../support/wait.js';

it('what nobody waits for any more is stopped in the database, and nothing that comes after it', async () => {
  const url = await createDatabase();
  const settings = testSettings({
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: '2',
    DATABASE_TIMEOUT_MS: '600000',
  });
  const connection = new PostgresConnection(databaseOf(settings));
  const sleepers = async (): Promise<number> => {
    const rows = await runSql(
      url,
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_sleep(600)' AND state = 'active'",
    );
    return rows.length;
  };
  const abort = new AbortController();
  const sleeping = connection
    .snapshot((manager) => untilCancelled(manager, abort.signal, () => manager.query('SELECT pg_sleep(600)')))
    .catch(() => 'stopped');
  await until(async () => (await sleepers()) === 1, 'the statement');
  abort.abort();
  expect(await sleeping).toBe('stopped');
  expect(await sleepers()).toBe(0);
  for (let turn = 0; turn < 4; turn++)
    expect(await connection.snapshot((manager) => manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  await connection.close();
});

it('what nobody waits for any more keeps no connection longer than it takes, where there is none left to stop it by', async () => {
  const settings = testSettings({
    DATABASE_URL: await createDatabase(),
    DATABASE_POOL_SIZE: '1',
    DATABASE_TIMEOUT_MS: '600000',
  });
  const connection = new PostgresConnection(databaseOf(settings));
  const abort = new AbortController();
  let endedAt = Infinity;
  await connection.snapshot((manager) =>
    untilCancelled(manager, abort.signal, async () => {
      abort.abort();
      await manager.query('SELECT 1');
      endedAt = performance.now();
    }),
  );
  // The wait for a connection takes five seconds.
  expect(performance.now() - endedAt).toBeLessThan(4000);
  expect(await connection.snapshot((manager) => manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  await connection.close();
});
