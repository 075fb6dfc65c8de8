import pg from 'pg';
import { createDataSource } from '../../src/stores/postgres/connection/data-source.js';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { CreateTables1764041600000 } from '../../src/stores/postgres/schema/1764041600000-create-tables.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import type { DatabaseLocation } from '../../src/config/settings.js';
import { createDatabase, createEmptyDatabase, runSql } from '../support/database.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { CliProcess, type Outcome } from '../support/process.js';
import { temporaryFolder, TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

const at = (url: string): DatabaseLocation => ({ url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 });

/** Every column of every table. */
function layoutOf(url: string): Promise<readonly Record<string, unknown>[]> {
  return runSql(
    url,
    `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
      WHERE table_schema = 'public' ORDER BY 1, 2`,
  );
}

/** A database as the first version made it. */
async function createFirstLayout(): Promise<string> {
  const url = await createEmptyDatabase();
  const dataSource = createDataSource(at(url), () => undefined);
  dataSource.setOptions({ migrations: [CreateTables1764041600000] });
  await dataSource.initialize();
  await dataSource.runMigrations({ transaction: 'each' });
  await dataSource.destroy();
  return url;
}

/** Takes what is newer than the first layout out of a database, and leaves its data. @param last the newest step that stays. */
async function returnToFirstLayout(url: string, last = 'CreateTables1764041600000'): Promise<void> {
  const dataSource = createDataSource(at(url), () => undefined);
  await dataSource.initialize();
  const newest = 'SELECT name FROM schema_migrations ORDER BY timestamp DESC LIMIT 1';
  while ((await dataSource.query<{ name: string }[]>(newest))[0]?.name !== last)
    await dataSource.undoLastMigration({ transaction: 'each' });
  await dataSource.destroy();
}

const run = (args: readonly string[], url: string, stateDb: string): Promise<Outcome> =>
  new CliProcess(
    args,
    { DATABASE_URL: url, STATE_DB: stateDb, LOG_LEVEL: 'warn' },
    { cwd: temporaryFolder() },
  ).ended;

describe('a database of the first layout', () => {
  it('is brought to this one with all that it holds, and is sent to and served as before', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    // The second continues the first, and is its user's.
    const first = { id: 'owned-1', source: 'cli', user_id: 'ana', started_at: hour(40) };
    writer.addSession({ ...first, end_reason: 'compression', ended_at: hour(41) });
    writer.addSession({
      id: 'owned-2',
      source: 'cli',
      parent_session_id: 'owned-1',
      started_at: hour(41),
    });
    writer.close();
    const url = await createDatabase();
    const layout = await layoutOf(url);
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    await shipper.stop();
    const list = '/v1/sessions?limit=200&archived=any&include_children=true';
    const before = await TestServer.onDatabase(url);
    const expected = await before.json<SessionListResponse>(list);
    expect(expected.data.find(({ id }) => id === 'owned-2')).toMatchObject({ user_id: 'ana' });
    const owners = (): Promise<readonly Record<string, unknown>[]> =>
      runSql(url, 'SELECT root_id, owner_id FROM conversations ORDER BY root_id');
    const ownersBefore = await owners();
    await before.close();
    await returnToFirstLayout(url);
    expect(await layoutOf(url)).toEqual(await layoutOf(await createFirstLayout()));

    const old = await TestServer.onDatabase(url, { DATABASE_MIGRATE: 'off' });
    expect(await old.get('/readyz')).toMatchObject({
      status: 503,
      body: { reason: expect.stringContaining('hermes-sessions migrate') },
    });
    await old.close();
    expect(await run(['migrate'], url, path)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('was prepared: LeaseHistories1764128000000'),
    });
    expect(await layoutOf(url)).toEqual(layout);
    expect(await owners()).toEqual(ownersBefore);
    const server = await TestServer.onDatabase(url);
    expect(await server.json(list)).toEqual(expected);
    const versions = (): Promise<readonly Record<string, unknown>[]> =>
      runSql(url, 'SELECT number, fingerprint FROM sessions ORDER BY id');
    const rows = await versions();
    const again = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await again.settled();
    await again.stop();
    // Nothing had to be sent again.
    expect(await versions()).toEqual(rows);
    await server.close();
  });

  it('is brought to this one by a server that starts', async () => {
    const url = await createFirstLayout();
    const server = await TestServer.onDatabase(url);
    await until(async () => (await server.get('/readyz')).status === 200);
    await server.close();
  });
});

describe('a database that was filled when words were split and folded otherwise', () => {
  it('is sent everything again, long sessions as well', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      writer.addSession({ id: 'long', source: 'cli', started_at: hour(40) });
      for (let at = 0; at < 1100; at++) say(writer, 'long', 'user', `用Zebra调用 ${at}`, hour(40) + at);
    });
    writer.close();
    const url = await createDatabase();
    const send = async (): Promise<void> => {
      const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
      await shipper.settled();
      await shipper.stop();
    };
    await send();
    await runSql(url, `UPDATE sessions SET fingerprint = substr(fingerprint, 3)`);
    await runSql(url, 'UPDATE messages SET state = (state & ~512) | 128');
    await runSql(url, `UPDATE session_words SET words = ''`);
    const server = await TestServer.onDatabase(url, { ANSWER_CACHE_MB: '0' });
    expect(await server.json('/v1/sessions?search=zebra')).toMatchObject({ total: 0 });
    await send();
    expect(await server.json('/v1/sessions?search=zebra')).toMatchObject({
      total: 1,
      data: [{ id: 'long' }],
    });
    expect(await server.json('/v1/sessions?search=lighthouse')).toMatchObject({ total: 1 });
    expect(await runSql(url, 'SELECT 1 FROM messages WHERE state & (512 | 128) <> 512')).toEqual([]);
    await server.close();
  });
});

describe('a database that has numbers of before they were bounded', () => {
  it('forgets those that have no sum, and takes changes of all its sessions', async () => {
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: smallHistory(25) }), url);
    await shipper.settled();
    await shipper.stop();
    await returnToFirstLayout(url, 'KnowWhoOnlyReads1765165600000');
    await runSql(url, 'UPDATE sessions SET input_tokens = 1.7e308, output_tokens = 5');
    const server = await TestServer.onDatabase(url);
    await until(async () => (await server.get('/readyz')).status === 200);
    expect(await server.json('/v1/sessions/stats')).toMatchObject({ usage: { input_tokens: null } });
    expect((await server.patch('/v1/sessions/plain', { title: 'Changed after it' })).status).toBe(200);
    await server.close();
  });
});

describe('a step that brings indexes', () => {
  const BUILDING =
    "FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock' AND datname =";
  let url: string;
  let writer: pg.Client;

  beforeEach(async () => {
    url = await createDatabase();
    await returnToFirstLayout(url, 'KeepKeys1764820000000');
    // Whoever builds an index waits for the end of what was being written before.
    writer = new pg.Client({ connectionString: url });
    await writer.connect();
    await writer.query('BEGIN');
    await writer.query('LOCK TABLE conversations IN ROW EXCLUSIVE MODE');
  });

  afterEach(() => writer.end());

  const isBuilding = async (): Promise<boolean> =>
    (await runSql(url, `SELECT 1 ${BUILDING} current_database()`)).length > 0;

  const indexes = (): Promise<readonly Record<string, unknown>[]> =>
    runSql(
      url,
      `SELECT relname AS name, indisvalid AS is_valid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relname LIKE '%\\_by\\_model' OR relname LIKE '%by\\_platform' OR relname = 'sessions_open' ORDER BY 1`,
    );

  const ALL = [
    ...['conversations_by_model', 'conversations_by_platform', 'conversations_of_history_by_platform'],
    ...['sessions_by_model', 'sessions_open'],
  ].map((name) => ({ name, is_valid: true }));

  it('keeps nobody from writing, while it is said of those before it already that others can go on beside them', async () => {
    const migrating = migrate(at(url));
    await until(isBuilding);
    await runSql(
      url,
      "SET lock_timeout = '5s'; BEGIN; LOCK TABLE conversations IN ROW EXCLUSIVE MODE; COMMIT",
    );
    expect(
      await runSql(url, 'SELECT name, is_expanding FROM schema_migrations ORDER BY timestamp DESC LIMIT 1'),
    ).toEqual([{ name: 'SayWhatExpands1764906400000', is_expanding: true }]);
    await writer.query('COMMIT');
    const taken = await migrating;
    expect(taken.slice(0, 2)).toEqual(['SayWhatExpands1764906400000', 'FindByPlatformAndModel1764992800000']);
    expect(await indexes()).toEqual(ALL);
    expect(
      await runSql(url, 'SELECT name FROM schema_migrations WHERE is_expanding ORDER BY timestamp'),
    ).toEqual(taken.map((name) => ({ name })));
  });

  it('is taken anew where it was ended half-way', async () => {
    const ended = expect(migrate(at(url))).rejects.toThrow(/cancel/);
    await until(isBuilding);
    await runSql(url, `SELECT pg_cancel_backend(pid) ${BUILDING} current_database()`);
    await ended;
    await writer.query('COMMIT');
    expect(await indexes()).toMatchObject([{ is_valid: false }]);
    expect((await migrate(at(url)))[0]).toBe('FindByPlatformAndModel1764992800000');
    expect(await indexes()).toEqual(ALL);
  });
});

/** A step of a version that does not exist yet. */
function addLaterStep(url: string, isExpanding: boolean): Promise<unknown> {
  return runSql(
    url,
    `INSERT INTO schema_migrations ("timestamp", name, is_expanding) VALUES (1999999999999, 'Later1999999999999', $1)`,
    [isExpanding],
  );
}

describe('a database that a newer version has prepared so that this one can go on', () => {
  let url: string;
  let path: string;

  beforeEach(async () => {
    url = await createEmptyDatabase();
    await migrate(at(url));
    path = smallHistory(25);
    for (const sql of [
      'ALTER TABLE sessions ADD COLUMN mood text',
      "ALTER TABLE conversations ADD COLUMN moods text[] NOT NULL DEFAULT '{}'",
      'ALTER TABLE messages ADD COLUMN mood text',
      'ALTER TABLE histories ADD COLUMN moods integer NOT NULL DEFAULT 0',
      'CREATE INDEX sessions_by_mood ON sessions (mood)',
      'CREATE TABLE moods (history_id integer NOT NULL)',
    ])
      await runSql(url, sql);
    await addLaterStep(url, true);
  });

  it('is sent to, served and changed, and left as it is', async () => {
    const layout = await layoutOf(url);
    expect(await run(['migrate'], url, path)).toMatchObject({
      code: 0,
      stdout: 'The database is up to date.\n',
    });
    expect(await run(['ship', '--once'], url, path)).toMatchObject({ code: 0, stderr: '' });
    const server = await TestServer.onDatabase(url, { ANSWER_CACHE_MB: '0' });
    expect((await server.get('/readyz')).status).toBe(200);
    expect(await server.json('/v1/sessions?search=lighthouse')).toMatchObject({ total: 1 });
    expect((await server.patch('/v1/sessions/plain', { title: 'Beside a newer one' })).status).toBe(200);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'A persimmon meanwhile', hour(60));
    writer.close();
    expect(await run(['ship', '--once'], url, path)).toMatchObject({ code: 0, stderr: '' });
    expect(await server.json('/v1/sessions?search=persimmon')).toMatchObject({
      data: [{ id: 'plain', title: 'Beside a newer one' }],
    });
    expect(await layoutOf(url)).toEqual(layout);
    await server.close();
  });
});

describe('a newer version that comes while this one runs, and leaves no room for it', () => {
  it('is noticed by servers and shippers', async () => {
    const url = await createDatabase();
    const path = smallHistory(25);
    const server = await TestServer.onDatabase(url);
    const shipper = new CliProcess(
      ['ship'],
      { DATABASE_URL: url, STATE_DB: path, LOG_LEVEL: 'warn' },
      { cwd: temporaryFolder() },
    );
    await until(async () => {
      const [row] = await runSql(url, 'SELECT bool_and(is_loaded) AS loaded FROM histories');
      return row?.loaded === true;
    });
    expect((await server.get('/readyz')).status).toBe(200);
    await addLaterStep(url, false);
    await until(async () => (await server.get('/readyz')).status === 503);
    expect(await server.get('/readyz')).toMatchObject({
      status: 503,
      body: { reason: expect.stringContaining('Later1999999999999') },
    });
    await shipper.printed(/newer version of hermes-sessions.*Later1999999999999/);
    shipper.kill('SIGTERM');
    await shipper.ended;
    await server.close();
  });

  it('is known by what each step says of itself', async () => {
    const url = await createDatabase();
    expect(await runSql(url, 'SELECT name, is_expanding FROM schema_migrations ORDER BY name')).toEqual(
      expect.arrayContaining([
        { name: 'CreateTables1764041600000', is_expanding: false },
        { name: 'SayWhatExpands1764906400000', is_expanding: true },
      ]),
    );
  });
});

describe('a database that a newer version has prepared', () => {
  const NEWER = /prepared by a newer version of hermes-sessions.*Later1999999999999/;
  let url: string;

  beforeEach(async () => {
    url = await createEmptyDatabase();
    await migrate(at(url));
    await runSql(
      url,
      `INSERT INTO schema_migrations ("timestamp", name) VALUES (1999999999999, 'Later1999999999999')`,
    );
  });

  it.each([['migrate'], ['ship --once'], ['ship --accept-loss']])('is refused by %s', async (command) => {
    const { code, stdout, stderr } = await run(command.split(' '), url, smallHistory(25));
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(NEWER)]);
  });

  it.each(['on', 'off'])(
    'is not served, with DATABASE_MIGRATE %s, and readiness says why',
    async (migrates) => {
      const server = await TestServer.onDatabase(url, { DATABASE_MIGRATE: migrates });
      expect(await server.get('/readyz')).toMatchObject({
        status: 503,
        body: { reason: expect.stringMatching(NEWER) },
      });
      expect((await server.get('/v1/sessions')).status).toBe(503);
      expect((await server.get('/livez')).status).toBe(200);
      await server.close();
    },
  );
});

describe('a database with steps of before the first release, which are no steps any more', () => {
  it('is said to be one', async () => {
    const url = await createDatabase();
    await runSql(
      url,
      `INSERT INTO schema_migrations ("timestamp", name) VALUES (1764000000000, 'CreateTables1764000000000')`,
    );
    const { code, stderr } = await run(['migrate'], url, smallHistory(25));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/never released.*CreateTables1764000000000/)]);
  });
});
