import pg from 'pg';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { createDatabase, createEmptyDatabase, runSql } from '../support/database.js';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { Gateway } from '../support/gateway.js';
import { startCluster } from '../setup/postgres-cluster.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { keyFileWith } from '../support/people.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { storedRow } from '../support/stored.js';
import { until } from '../support/wait.js';

/** How long a request may take that the database does not answer, in milliseconds. */
const DEADLINE = 1000;

describe('a database that fails', () => {
  let path: string;
  let url: string;
  let gateway: Gateway;
  let server: TestServer;
  let shipper: TestShipper;

  beforeEach(async () => {
    path = smallHistory(25);
    url = await createDatabase();
    gateway = await Gateway.open(url);
    shipper = await TestShipper.start(testSettings({ STATE_DB: path }), gateway.url);
    await shipper.settled();
    server = await TestServer.onDatabase(gateway.url, {
      DATABASE_TIMEOUT_MS: String(DEADLINE),
      DATABASE_POOL_SIZE: '4',
      ANSWER_CACHE_MB: '0',
    });
  });

  afterEach(async () => {
    await gateway.accept();
    await shipper.stop();
    await server.close();
    await gateway.refuse();
  });

  /** Each is answered by itself, which without a deadline none would be before the test's own. */
  const expectUnavailable = async (): Promise<void> => {
    const requests = [
      '/v1/sessions',
      '/v1/sessions/plain',
      '/v1/sessions/plain/messages',
      '/v1/sessions/stats',
    ];
    for (const { status, body } of await Promise.all(requests.map((request) => server.get(request)))) {
      expect([status, body]).toMatchObject([
        503,
        {
          error: {
            type: 'service_unavailable',
            code: 'store_unavailable',
            message: expect.stringMatching(/database/),
          },
        },
      ]);
      expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|postgres:\/\/|SELECT|ECONN/);
    }
  };
  const isBack = async (): Promise<boolean> => (await server.get('/v1/sessions')).status === 200;
  /** What happens at the host meanwhile arrives once the database is back. */
  const expectNothingLost = async (): Promise<void> => {
    await until(isBack);
    await until(
      async () => (await server.json<{ total: number }>('/v1/sessions?search=persimmon')).total === 1,
    );
  };
  const goOn = (): void => {
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'A persimmon meanwhile', hour(60));
    writer.close();
  };

  it('is listened to again by whoever found it away', async () => {
    await gateway.refuse();
    expect((await server.get('/v1/sessions/events')).status).toBe(503);
    await gateway.accept();
    await until(isBack);
    const listener = await TestListener.to(server, '/v1/sessions/events');
    expect(listener.response.statusCode).toBe(200);
    goOn();
    await listener.until((events) => events.some(({ type }) => type === 'message.created'));
    listener.leave();
  });

  it('refuses connections', async () => {
    expect(await isBack()).toBe(true);
    await gateway.refuse();
    goOn();
    await expectUnavailable();
    expect((await server.get('/readyz')).status).toBe(503);
    expect((await server.get('/livez')).status).toBe(200);
    await gateway.accept();
    await expectNothingLost();
    expect((await server.get('/readyz')).status).toBe(200);
  });

  it.each<[string, () => unknown]>([
    ['refuses connections', () => gateway.refuse()],
    [
      'falls silent',
      () => {
        gateway.fallSilent(true);
      },
    ],
  ])('%s, which metrics say to a key that is not in it', async (_what, fail) => {
    const keys = keyFileWith({ scopes: ['metrics'] });
    const slow = await TestServer.onDatabase(gateway.url, {
      KEYS_FILE: keys.path,
      DATABASE_TIMEOUT_MS: '60000',
    });
    const ready = async (): Promise<string | undefined> => {
      const { status, text } = await slow.as(keys.token).get('/metrics').buffer(true);
      expect(status).toBe(200);
      return /^hermes_sessions_ready (\d)$/m.exec(text)?.[1];
    };
    await until(async () => (await ready()) === '1');
    await fail();
    const asked = performance.now();
    expect(await ready()).toBe('0');
    // Prometheus waits for ten seconds.
    expect(performance.now() - asked).toBeLessThan(9000);
    gateway.fallSilent(false);
    await gateway.refuse();
    await slow.close();
  });

  it('restarts, which breaks every connection', async () => {
    await isBack();
    const [, name] = new URL(url).pathname.split('/');
    await runSql(
      url,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
      [name],
    );
    goOn();
    await expectNothingLost();
    await until(
      async () => (await server.patch('/v1/sessions/plain', { title: 'After the restart' })).status === 200,
    );
  });

  it('falls silent', async () => {
    await isBack();
    gateway.fallSilent(true);
    goOn();
    await expectUnavailable();
    gateway.fallSilent(false);
    await expectNothingLost();
  });

  it('answers on new connections alone, as after the machine behind an address was lost', async () => {
    await shipper.stop();
    const location = { url: gateway.url, replicaUrls: [], poolSize: 4, timeLimit: DEADLINE };
    const connection = new PostgresConnection(location);
    shipper = await TestShipper.over(testSettings({ STATE_DB: path }), connection);
    await shipper.settled();
    const ask = (): Promise<readonly { readonly status: number }[]> =>
      Promise.all(Array.from({ length: 8 }, () => server.get('/v1/sessions?limit=1')));
    await ask();
    gateway.forget();
    goOn();
    await expectNothingLost();
    // None of those that were lost is handed out again.
    expect((await ask()).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    await server.patch('/v1/sessions/plain', { title: 'Asked of the host' });
    await until(() => storedRow(path, 'plain').title === 'Asked of the host');
    await shipper.stop();
    await connection.close();
  });

  it.each(['COPY messages', 'INSERT INTO sessions', 'COMMIT', 'BEGIN'])(
    'swallows what a host sends, from %s on',
    async (text) => {
      await shipper.stop();
      const location = { url: gateway.url, replicaUrls: [], poolSize: 4, timeLimit: DEADLINE };
      const connection = new PostgresConnection(location);
      shipper = await TestShipper.over(testSettings({ STATE_DB: path }), connection);
      await shipper.settled();
      gateway.forgetFrom(text);
      goOn();
      await expectNothingLost();
      await shipper.stop();
      await connection.close();
    },
  );

  it('swallows that a host and a server listen', async () => {
    await shipper.stop();
    gateway.forgetFrom('LISTEN');
    const settings = testSettings({ STATE_DB: path, DATABASE_TIMEOUT_MS: '5000' });
    shipper = await TestShipper.start(settings, gateway.url);
    goOn();
    await expectNothingLost();
    gateway.forgetFrom('LISTEN');
    const listener = await TestListener.to(server, '/v1/sessions/events');
    await server.patch('/v1/sessions/plain', { title: 'Heard all the same' });
    await listener.until((events) => JSON.stringify(events).includes('Heard all the same'));
    listener.leave();
  });

  it('is slow: what waits for longer than it may is ended, and holds nobody else up', async () => {
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE');
    // The lock is held until this is answered.
    const { status, body } = await server.get('/v1/sessions/plain/messages');
    expect([status, body]).toMatchObject([503, { error: { code: 'store_unavailable' } }]);
    // A busy machine may take longer for an answer than this server has for it.
    await until(isBack);
    await blocker.query('ROLLBACK');
    await blocker.end();
    await until(async () => (await server.get('/v1/sessions/plain/messages')).status === 200);
  });

  it('has no connection left', async () => {
    const crowded = await createDatabase();
    const [, name] = new URL(crowded).pathname.split('/');
    const settings = testSettings({ STATE_DB: path });
    const other = await TestShipper.start(settings, crowded);
    await other.settled();
    await other.stop();
    // The limit does not hold for superusers, so somebody else asks.
    await runSql(crowded, `DROP ROLE IF EXISTS ${name ?? ''}_reader`);
    await runSql(
      crowded,
      `CREATE ROLE ${name ?? ''}_reader LOGIN PASSWORD 'reader-password' CONNECTION LIMIT 1`,
    );
    await runSql(crowded, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name ?? ''}_reader`);
    const asReader = new URL(crowded);
    asReader.username = `${name ?? ''}_reader`;
    asReader.password = 'reader-password';
    const blocker = new pg.Client({ connectionString: asReader.href });
    await blocker.connect();
    const limited = await TestServer.onDatabase(asReader.href, {
      DATABASE_MIGRATE: 'off',
      DATABASE_TIMEOUT_MS: String(DEADLINE),
      DATABASE_POOL_SIZE: '1',
    });
    expect(await limited.get('/v1/sessions')).toMatchObject({
      status: 503,
      body: { error: { code: 'store_unavailable', message: 'The database has no connection left.' } },
    });
    await blocker.end();
    await until(async () => (await limited.get('/v1/sessions')).status === 200);
    await limited.close();
    await runSql(crowded, `DROP OWNED BY ${name ?? ''}_reader; DROP ROLE ${name ?? ''}_reader`);
  });

  it('has moved to another server, where the address leads by then', async () => {
    await isBack();
    const other = await startCluster();
    const copy = new URL(other.url);
    copy.pathname = new URL(url).pathname;
    await runSql(other.url, `CREATE DATABASE ${copy.pathname.slice(1)}`);
    await migrate({ url: copy.href, replicaUrls: [], poolSize: 2, timeLimit: 10_000 });
    // As a standby has it that followed the first one.
    const standby = await TestShipper.start(testSettings({ STATE_DB: path }), copy.href);
    await standby.settled();
    await standby.stop();
    await gateway.refuse();
    await expectUnavailable();
    gateway.leadTo(copy.href);
    goOn();
    await gateway.accept();
    await expectNothingLost();
    expect(
      await runSql(copy.href, "SELECT 1 AS here FROM messages WHERE content LIKE '%persimmon%'"),
    ).toHaveLength(1);
    await gateway.refuse();
    await other.stop();
  });
});

describe('preparing a database', () => {
  it('is done once, however many servers start at the same time', async () => {
    const url = await createEmptyDatabase();
    const servers = await Promise.all(Array.from({ length: 10 }, () => TestServer.onDatabase(url)));
    for (const server of servers) await until(async () => (await server.get('/readyz')).status === 200);
    expect(await runSql(url, 'SELECT name FROM schema_migrations')).toEqual([
      { name: 'CreateTables1764041600000' },
      { name: 'LeaseHistories1764128000000' },
      { name: 'RememberLosses1764214400000' },
      { name: 'KnowPossessions1764300800000' },
      { name: 'TitleByRoot1764387200000' },
      { name: 'OwnByChain1764473600000' },
      { name: 'PlaceCopies1764560000000' },
      { name: 'KeepHostsApart1764646400000' },
      { name: 'KeepKeys1764820000000' },
      { name: 'SayWhatExpands1764906400000' },
      { name: 'FindByPlatformAndModel1764992800000' },
      { name: 'KnowWhatChanged1765079200000' },
      { name: 'KnowWhoOnlyReads1765165600000' },
      { name: 'BoundWhatIsAddedUp1765252000000' },
      { name: 'KnowWhatWasBuried1765338400000' },
    ]);
    for (const server of servers) await server.close();
  });

  it('can be left to somebody else, and then is asked for', async () => {
    const url = await createEmptyDatabase();
    const server = await TestServer.onDatabase(url, { DATABASE_MIGRATE: 'off' });
    expect(await server.get('/readyz')).toMatchObject({ status: 503 });
    expect((await server.get('/v1/sessions')).body).toMatchObject({
      error: { code: 'store_unavailable', message: expect.stringContaining('hermes-sessions migrate') },
    });
    const other = await TestServer.onDatabase(url);
    await until(async () => (await server.get('/readyz')).status === 200);
    await other.close();
    await server.close();
  });
});

/** A database with a history, and another one with the same. */
async function databaseAndCopy(): Promise<{ readonly url: string; readonly replica: string }> {
  const url = await createDatabase();
  const shipper = await TestShipper.start(testSettings({ STATE_DB: smallHistory(25) }), url);
  await shipper.settled();
  await shipper.stop();
  const [, name] = new URL(url).pathname.split('/');
  return { url, replica: await createEmptyDatabase(name) };
}

/** Has whoever reads the list of a database meet a failure. */
async function failEachRead(url: string, code: string): Promise<void> {
  for (const sql of [
    'ALTER TABLE conversations RENAME TO kept',
    `CREATE FUNCTION fail() RETURNS SETOF kept LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '${code}'; END $$`,
    'CREATE VIEW conversations AS SELECT * FROM fail()',
  ])
    await runSql(url, sql);
}

describe('replicas', () => {
  it('are read, and the main database where none of them can be', async () => {
    const { url, replica } = await databaseAndCopy();
    // What only the one that is read knows shows which one that is.
    await runSql(replica, "UPDATE sessions SET title = 'Of the replica' WHERE id = 'plain'");
    const gateway = await Gateway.open(replica);
    const server = await TestServer.onDatabase(url, {
      DATABASE_REPLICA_URLS: gateway.url,
      ANSWER_CACHE_MB: '0',
    });
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Of the replica' });
    // Changes are made, and answered, where they are made.
    expect((await server.patch('/v1/sessions/plain', { pinned: true })).body).toMatchObject({
      title: 'Garden irrigation',
    });
    await gateway.refuse();
    await until(
      async () => (await server.json<{ title: string }>('/v1/sessions/plain')).title === 'Garden irrigation',
    );
    await server.close();
  });

  it('are left alone where they cancel what is read of them, since they catch up', async () => {
    const { url, replica } = await databaseAndCopy();
    await failEachRead(replica, '40001');
    const server = await TestServer.onDatabase(url, {
      DATABASE_REPLICA_URLS: replica,
      ANSWER_CACHE_MB: '0',
    });
    expect((await server.get('/v1/sessions')).status).toBe(200);
    await failEachRead(url, '40001');
    expect(await server.get('/v1/sessions')).toMatchObject({
      status: 503,
      body: { error: { code: 'store_unavailable', message: expect.stringContaining('Try again') } },
    });
    await server.close();
  });

  it('need not be there when a server starts', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    await shipper.stop();
    const gateway = await Gateway.open(url);
    await gateway.refuse();
    const server = await TestServer.onDatabase(url, {
      DATABASE_REPLICA_URLS: gateway.url,
      ANSWER_CACHE_MB: '0',
    });
    expect((await server.get('/readyz')).status).toBe(200);
    expect((await server.get('/v1/sessions')).status).toBe(200);
    await server.close();
  });
});
