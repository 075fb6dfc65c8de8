import pg from 'pg';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { QueryRunner } from 'typeorm';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { OpenDatabase } from '../../src/stores/postgres/connection/open-database.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { createEmptyDatabase, runSql } from '../support/database.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { describeWith } from '../support/needs.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

describeWith(['pgbouncer'], 'a database behind PgBouncer in transaction mode', () => {
  let direct: string;
  let url: string;
  let pooler: PgBouncer;

  beforeEach(async () => {
    direct = await createEmptyDatabase();
    pooler = await PgBouncer.start(direct);
    url = pooler.to(direct);
  });

  afterEach(() => pooler.stop());

  it('is prepared, sent to, served, searched and changed as any other', async () => {
    const location = { url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 };
    const prepared = await Promise.all([migrate(location), migrate(location), migrate(location)]);
    // One does it, the others wait.
    expect(prepared.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await migrate(location)).toEqual([]);
    const path = smallHistory(25);
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    const server = await TestServer.onDatabase(url, { ANSWER_CACHE_MB: '0' });
    const ofFile = await TestServer.onFile(path);
    const { data } = await server.json<SessionListResponse>('/v1/sessions');
    const expected = await ofFile.json<SessionListResponse>('/v1/sessions');
    expect(data.map(({ id }) => id)).toEqual(expected.data.map(({ id }) => id));
    // More at once than there are connections, and each form of a statement again and again.
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        server.get(
          ['/v1/sessions?search=lighthouse', '/v1/sessions/plain', '/v1/sessions/stats'][at % 3] ?? '',
        ),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const listener = await TestListener.to(server, '/v1/sessions/events');
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'Persimmons', hour(50));
    writer.close();
    await shipper.settled();
    await listener.until((events) => events.some(({ type }) => type === 'message.created'));
    listener.leave();
    expect((await server.patch('/v1/sessions/plain', { title: 'Orchard' })).status).toBe(200);
    await until(async () => (await ofFile.json<{ title: string }>('/v1/sessions/plain')).title === 'Orchard');
    expect((await server.delete('/v1/sessions/plain')).status).toBe(200);
    await shipper.stop();
    for (const one of [server, ofFile]) await one.close();
  });

  it('is lent no connection that is left in a transaction, where its limits are refused', async () => {
    // Twice as much is more than the database takes.
    const address = { url, poolSize: 1, timeLimit: 2 ** 30 };
    const database = await OpenDatabase.open(address, () => undefined);
    const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
    const way = {
      begin: (runner: QueryRunner) => runner.query(begin),
      end: (runner: QueryRunner) => runner.query('COMMIT'),
      undo: (runner: QueryRunner) => runner.query('ROLLBACK'),
    };
    await expect(database.begin(way)).rejects.toThrow(/idle_in_transaction_session_timeout/);
    expect(
      await runSql(
        direct,
        "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
      ),
    ).toEqual([]);
    // Whoever has it next is in no transaction that somebody else has begun.
    expect(await database.dataSource.query('SHOW transaction_read_only')).toEqual([
      { transaction_read_only: 'off' },
    ]);
    await database.dataSource.destroy();
  });

  it('is waited for no longer than any other', async () => {
    const server = await TestServer.onDatabase(url, { DATABASE_TIMEOUT_MS: '500' });
    await until(async () => (await server.get('/v1/sessions')).status === 200);
    const locking = new pg.Client({ connectionString: direct });
    await locking.connect();
    await locking.query('BEGIN; LOCK TABLE sessions, conversations IN ACCESS EXCLUSIVE MODE');
    expect((await server.get('/v1/sessions?include_children=true')).body).toMatchObject({
      error: { code: 'store_unavailable' },
    });
    // It is not left waiting at the database either.
    const waiting =
      "SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    await until(async () => (await runSql(direct, waiting)).length === 0);
    await locking.end();
    await server.close();
  });
});
