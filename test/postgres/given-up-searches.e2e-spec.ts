import pg from 'pg';
import { createDatabase, runSql } from '../support/database.js';
import { giveUp, untilAllBegan } from '../support/given-up.js';
import { smallHistory } from '../support/histories.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';

describe('a search of a database whose connection is closed', () => {
  let url: string;
  let server: TestServer;
  let blocker: pg.Client;

  beforeAll(async () => {
    url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: smallHistory(25) }), url);
    await shipper.settled();
    await shipper.stop();
    server = await TestServer.onDatabase(url, { SEARCH_TIMEOUT_MS: '600000', ANSWER_CACHE_MB: '0' });
    blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
  });

  afterAll(async () => {
    await blocker.end();
    await server.close();
  });

  it.each([
    '/v1/sessions?search=lighthouse',
    '/v1/sessions/plain/messages?search=lighthouse',
    '/dashboard/api/sessions/search?q=lighthouse',
  ])('ends, also in the database: %s', async (path) => {
    const blocked = async (): Promise<number> => {
      const rows = await runSql(
        url,
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows.length;
    };
    await blocker.query('BEGIN; LOCK TABLE messages, session_words IN ACCESS EXCLUSIVE MODE');
    await giveUp(
      server,
      () => server.get(path),
      () => untilAllBegan(server, blocked),
    );
    expect(await blocked()).toBe(0);
    await blocker.query('ROLLBACK');
    expect((await server.get('/v1/sessions?search=lighthouse')).status).toBe(200);
  });
});
