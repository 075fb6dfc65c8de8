import { PostgresUpkeep } from '../../src/stores/postgres/postgres-upkeep.js';
import { runSql } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';
import { until } from '../support/wait.js';

it('what was deleted is nowhere in the database within a day, though nothing else happens there', async () => {
  const host = await ShippedHost.start(smallHistory(25));
  const { url } = host;
  const server = await TestServer.onDatabase(url);
  const traces = async (): Promise<number> => {
    const [row] = await runSql(
      url,
      `SELECT (SELECT count(*) FROM changes WHERE change LIKE '%Doomed%')
        + (SELECT count(*) FROM commands WHERE changes::text LIKE '%Doomed%') AS traces`,
    );
    return Number(row?.traces);
  };
  await server.patch('/v1/sessions/plain', { title: 'Doomed' });
  await server.delete('/v1/sessions/plain');
  await until(
    async () => (await runSql(url, `SELECT 1 FROM commands WHERE state = 'pending'`)).length === 0,
    'The host',
  );
  expect(await traces()).toBeGreaterThan(1);
  const upkeep = server.app.get(PostgresUpkeep, { strict: false });
  await upkeep.removeTold();
  // Who listens, or looks a command up, still finds what is new.
  expect(await traces()).toBeGreaterThan(1);
  await runSql(url, `UPDATE changes SET happened_at = happened_at - interval '1 day'`);
  await runSql(url, `UPDATE commands SET ended_at = ended_at - interval '1 day'`);
  await upkeep.removeTold();
  expect(await traces()).toBe(0);
  await host.offline();
  await server.close();
});
