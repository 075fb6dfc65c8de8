import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SCHEMA_VERSIONS, type SchemaVersion } from '../../src/demo/state-db/schema.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { createDatabase, createEmptyDatabase, runSql } from '../support/database.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { CliProcess, type Outcome } from '../support/process.js';
import { writeProfile } from '../support/profiles.js';
import { atLength } from '../support/rounds.js';
import { temporaryFolder, TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

/** How often a shipper is killed before it may go on to the end. */
const KILLS = atLength(5, 2);

/** Everything that a server says of its sessions and messages, but for the host. */
async function everything(server: TestServer): Promise<unknown> {
  const list = await server.json<SessionListResponse>(
    '/v1/sessions?limit=200&archived=any&include_children=true',
  );
  const sessions: unknown[] = [];
  for (const { id } of list.data) {
    const detail = await server.json<Record<string, unknown>>(`/v1/sessions/${encodeURIComponent(id)}`);
    const messages = await server.json(
      `/v1/sessions/${encodeURIComponent(id)}/messages?limit=500&include_inactive=true`,
    );
    sessions.push({ ...detail, origin: null, messages });
  }
  const conversations = await server.json<SessionListResponse>('/v1/sessions?limit=200&archived=any');
  return {
    sessions,
    conversations: conversations.data.map((session) => ({ ...session, origin: null })),
    hidden: [list.hidden, conversations.hidden],
  };
}

function shipOnce(stateDb: string, databaseUrl: string, origin: string): Promise<Outcome> {
  return new CliProcess(
    ['ship', '--once', '--origin', origin],
    { STATE_DB: stateDb, DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn' },
    { cwd: temporaryFolder() },
  ).ended;
}

/** What an agent does to a history without leaving a new message behind, and with. */
function goOn(path: string): void {
  const writer = HistoryWriter.open(path);
  const { db } = writer;
  const run = (sql: string): unknown => db.prepare(sql).run();
  run("UPDATE sessions SET title = 'Renamed by the agent' WHERE id = 'plain'");
  run("UPDATE sessions SET ended_at = started_at + 90, end_reason = 'user_exit' WHERE id = 'branch'");
  run("UPDATE sessions SET archived = 1 WHERE id = 'chain-1'");
  run("UPDATE messages SET active = 0 WHERE id IN (SELECT max(id) FROM messages WHERE session_id = 'plain')");
  run(
    "UPDATE messages SET active = 0, compacted = 1 WHERE session_id = 'chain-3' AND id IN (SELECT min(id) FROM messages WHERE session_id = 'chain-3')",
  );
  run("DELETE FROM messages WHERE session_id = 'delegate'");
  run("DELETE FROM sessions WHERE id = 'delegate'");
  say(writer, 'chain-3', 'user', 'One more thing about marmalade', hour(50));
  writer.addSession({ id: 'later', source: 'cli', started_at: hour(51), title: 'Came later' });
  say(writer, 'later', 'user', 'Hello from a later session', hour(51));
  writer.close();
}

describe('hermes-sessions ship', () => {
  it.each(atLength<readonly SchemaVersion[]>(SCHEMA_VERSIONS, [6, 31]))(
    'sends all that a history of version %i holds, and a second time nothing',
    async (version) => {
      const path = smallHistory(version);
      const url = await createEmptyDatabase();
      expect(await shipOnce(path, url, 'build-01')).toMatchObject({ code: 0, stderr: '' });
      const before = await runSql(url, 'SELECT version FROM histories');
      const file = await TestServer.onFile(path);
      const database = await TestServer.onDatabase(url);
      expect(await everything(database)).toEqual(await everything(file));
      expect((await shipOnce(path, url, 'build-01')).code).toBe(0);
      // Only that it was heard of again: no row was written.
      expect(Number((await runSql(url, 'SELECT version FROM histories'))[0]?.version)).toBe(
        Number(before[0]?.version) + 1,
      );
    },
  );

  it('catches up with everything that happened while nobody looked', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const first = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await first.settled();
    await first.stop();
    goOn(path);
    const second = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await second.settled();
    await second.stop();
    const file = await TestServer.onFile(path);
    const database = await TestServer.onDatabase(url);
    expect(await everything(database)).toEqual(await everything(file));
  });

  it('follows the same while it looks', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    goOn(path);
    await shipper.settled();
    const file = await TestServer.onFile(path);
    const database = await TestServer.onDatabase(url);
    expect(await everything(database)).toEqual(await everything(file));
    await shipper.stop();
  });

  it('goes on where it was however often it is killed', async () => {
    // So many that they are loaded without the index of words, which is built at the end.
    const path = withManySessions(smallHistory(25), 3000);
    const url = await createDatabase();
    const hasWordIndex = async (): Promise<boolean> => {
      const [row] = await runSql(url, "SELECT to_regclass('session_words_by_word') IS NOT NULL AS it");
      return row?.it === true;
    };
    for (let kills = 0; kills < KILLS; kills++) {
      const ship = new CliProcess(
        ['ship', '--origin', 'build-01', '--rate', '400'],
        { STATE_DB: path, DATABASE_URL: url, LOG_LEVEL: 'silent' },
        { cwd: temporaryFolder() },
      );
      const [{ sent: before }] = (await runSql(url, 'SELECT count(*) AS sent FROM messages')) as [
        { sent: string },
      ];
      await until(async () => {
        const [row] = await runSql(url, 'SELECT count(*) AS sent FROM messages');
        return row?.sent !== before || kills === KILLS - 1;
      });
      process.kill(ship.pid, 'SIGKILL');
      await ship.ended;
    }
    expect(await hasWordIndex()).toBe(false);
    const early = await TestServer.onDatabase(url, { DATABASE_MIGRATE: 'off' });
    expect(await early.json('/v1/sessions?search=filler')).toMatchObject({ search_incomplete: true });
    expect((await shipOnce(path, url, 'build-01')).code).toBe(0);
    expect(await hasWordIndex()).toBe(true);
    const file = await TestServer.onFile(path);
    const database = await TestServer.onDatabase(url);
    expect(await everything(database)).toEqual(await everything(file));
    const wordsOnce = await runSql(
      url,
      `SELECT count(*)::int AS twice FROM (SELECT 1 FROM session_words, unnest(message_ids) id
        GROUP BY session_number, id HAVING count(*) > 1) t`,
    );
    expect(wordsOnce).toEqual([{ twice: 0 }]);
  });

  it('keeps a session that grows message by message in few rows of words, and finds all of it', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    const writer = HistoryWriter.open(path);
    for (let at = 0; at < 60; at++) {
      say(writer, 'plain', 'user', `Growing word${at} grapevine`, hour(40) + at);
      await shipper.settled();
    }
    writer.close();
    const [row] = await runSql(
      url,
      "SELECT count(*) AS rows FROM session_words JOIN sessions ON number = session_number WHERE id = 'plain'",
    );
    expect(Number(row?.rows)).toBeLessThan(25);
    const server = await TestServer.onDatabase(url);
    for (const at of [0, 17, 33, 59])
      expect(await server.json(`/v1/sessions?search=word${at}+grapevine`)).toMatchObject({ total: 1 });
    await shipper.stop();
  });

  it.each(atLength<readonly SchemaVersion[]>([16, 25], [25]))(
    'follows a long session of version %i that grows, is rewound and grows again',
    async (version) => {
      const path = smallHistory(version);
      const writer = HistoryWriter.open(path);
      writer.together(() => {
        for (let at = 0; at < 1500; at++) say(writer, 'plain', 'user', `Step ${at} of many`, hour(40) + at);
      });
      const url = await createDatabase();
      const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
      await shipper.settled();
      const file = await TestServer.onFile(path);
      const database = await TestServer.onDatabase(url);
      const newest = "(SELECT max(id) FROM messages WHERE session_id = 'plain')";
      const steps = [
        () => {
          say(writer, 'plain', 'user', 'One more nectarine', hour(50));
        },
        () => writer.db.prepare(`UPDATE messages SET active = 0 WHERE id = ${newest} - 20`).run(),
        () => {
          writer.together(() => {
            writer.db.prepare(`UPDATE messages SET active = 0 WHERE id = ${newest} - 700`).run();
            say(writer, 'plain', 'user', 'Another nectarine', hour(51));
          });
        },
        () => writer.db.prepare(`DELETE FROM messages WHERE id = ${newest}`).run(),
      ];
      for (const step of steps) {
        step();
        await shipper.settled();
        expect(await everything(database)).toEqual(await everything(file));
      }
      expect(await database.json('/v1/sessions?search=nectarine')).toMatchObject({ total: 1 });
      writer.close();
      await shipper.stop();
    },
  );

  it('goes on where an agent is in the middle of something with an id that no index takes', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    const lease = writer.db.prepare(
      "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES (?, 'agent', 1, 7258118400)",
    );
    // Of letters that cannot be compressed away.
    lease.run(Array.from({ length: 2000 }, (_, n) => Math.sin(n).toString(36).slice(4, 8)).join(''));
    lease.run('plain');
    writer.close();
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await until(async () => (await runSql(url, 'SELECT session_id FROM leases')).length > 0);
    expect(await runSql(url, 'SELECT session_id FROM leases')).toEqual([{ session_id: 'plain' }]);
    await shipper.stop();
  });

  it('makes a commit searchable within a second', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    const server = await TestServer.onDatabase(url);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'A pomegranate, at last', hour(60));
    writer.close();
    // The helper fails after its own limit; how long it takes is measured by the bench.
    await until(
      async () => (await server.json<SessionListResponse>('/v1/sessions?search=pomegranate')).total === 1,
    );
    await shipper.stop();
  });

  it('sends everything but a session that the database does not take, however often it is tried', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    await runSql(
      url,
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON sessions FOR EACH ROW WHEN (NEW.id = 'branch') EXECUTE FUNCTION refuse()`,
    );
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    const writer = HistoryWriter.open(path);
    say(writer, 'branch', 'user', 'Once more', hour(60));
    say(writer, 'plain', 'user', 'Behind it', hour(60));
    writer.close();
    await shipper.settled();
    const missing = async (): Promise<unknown> => {
      const writer = HistoryWriter.open(path);
      const ids = writer.db.prepare<[], string>('SELECT id FROM sessions ORDER BY id').pluck().all();
      writer.close();
      const rows = await runSql(url, 'SELECT id FROM sessions');
      return ids.filter((id) => !rows.some((row) => row.id === id));
    };
    expect(await missing()).toEqual(['branch']);
    expect(await runSql(url, "SELECT session_id FROM messages WHERE content = 'Behind it'")).toHaveLength(1);
    await runSql(url, 'DROP TRIGGER refuse ON sessions');
    await shipper.stop();
    const next = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await next.settled();
    expect(await missing()).toEqual([]);
    await next.stop();
  });

  it('sends less at once where the database takes too long for it', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      // What one transaction usually takes.
      for (let at = 0; at < 40; at++)
        say(writer, 'plain', 'user', `Step ${at} ${'-'.repeat(150_000)}`, hour(40) + at);
    });
    writer.close();
    const url = await createDatabase();
    await runSql(
      url,
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.04); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION slow()`,
    );
    const ship = new CliProcess(
      ['ship', '--origin', 'build-01'],
      { STATE_DB: path, DATABASE_URL: url, LOG_LEVEL: 'silent', DATABASE_TIMEOUT_MS: '1000' },
      { cwd: temporaryFolder() },
    );
    await until(
      async () =>
        (await runSql(url, "SELECT 1 AS one FROM messages WHERE content LIKE 'Step 39 %'")).length > 0,
    );
    process.kill(ship.pid, 'SIGTERM');
    await ship.ended;
  });

  it('ends with the transaction that is under way, however slowly it is to send', async () => {
    const path = withManySessions(smallHistory(25), 1500);
    const url = await createDatabase();
    const ship = new CliProcess(
      ['ship', '--origin', 'build-01', '--rate', '10'],
      { STATE_DB: path, DATABASE_URL: url, LOG_LEVEL: 'silent' },
      { cwd: temporaryFolder() },
    );
    const sent = async (): Promise<number> => (await runSql(url, 'SELECT id FROM sessions')).length;
    await until(async () => (await sent()) > 0);
    const before = await sent();
    process.kill(ship.pid, 'SIGTERM');
    expect(await ship.ended).toMatchObject({ code: 0 });
    expect(await sent()).toBe(before);
    expect(await runSql(url, 'SELECT shipper_id FROM histories')).toEqual([{ shipper_id: null }]);
  });

  it.each([
    ['without a database', { DATABASE_URL: '' }, /DATABASE_URL is not set/],
    ['with an address that is none', { DATABASE_URL: 'mysql://nowhere' }, /DATABASE_URL must be a URL/],
    ['where nobody listens', { DATABASE_URL: 'postgres://a:b@127.0.0.1:9/x' }, /cannot be reached/],
  ])('ends with one sentence and 1 %s', async (_name, environment, message) => {
    const { code, stderr } = await new CliProcess(
      ['ship', '--once'],
      { STATE_DB: smallHistory(25), ...environment },
      { cwd: temporaryFolder() },
    ).ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stderr).not.toContain('a:b@');
  });
});

describe('several hosts in one database', () => {
  let server: TestServer;
  let url: string;

  beforeAll(async () => {
    url = await createDatabase();
    const homes = ['build-01', 'build-02'].map((origin) => {
      const home = temporaryFolder();
      writeProfile(home, { [`own-of-${origin}`]: 1, shared: 5 });
      writeProfile(join(home, 'profiles', 'coder'), { [`code-of-${origin}`]: 2 });
      return { origin, home };
    });
    for (const { origin, home } of homes) {
      const settings = testSettings({ STATE_DB: join(home, 'state.db'), PROFILES: 'on' });
      const shipper = await TestShipper.start(settings, url, origin);
      await shipper.settled();
      await shipper.stop();
    }
    server = await TestServer.onDatabase(url);
  });

  const ids = async (query: string, from = server): Promise<readonly string[]> =>
    (await from.json<SessionListResponse>(`/v1/sessions?${query}`)).data.map(
      ({ id, origin }) => `${origin ?? ''}/${id}`,
    );

  it('are listed, searched and counted together, or one by one', async () => {
    expect(await ids('sort=started_at')).toEqual([
      'build-01/own-of-build-01',
      'build-02/own-of-build-02',
      'build-01/code-of-build-01',
      'build-02/code-of-build-02',
      'build-01/shared',
      'build-02/shared',
    ]);
    expect(await ids('origin=build-02&sort=started_at')).toEqual([
      'build-02/own-of-build-02',
      'build-02/code-of-build-02',
      'build-02/shared',
    ]);
    expect(await server.json('/v1/sessions?origin=build-02&profile=coder')).toMatchObject({ total: 1 });
    expect(await server.json('/v1/sessions/stats?origin=build-01')).toMatchObject({ sessions: 3 });
    expect(await server.json('/v1/profiles')).toMatchObject({
      total: 4,
      data: [
        { origin: 'build-01', name: 'default' },
        { origin: 'build-01', name: 'coder' },
        { origin: 'build-02', name: 'default' },
        { origin: 'build-02', name: 'coder' },
      ],
    });
  });

  it('need to be told apart where an id is in both', async () => {
    const { status, body } = await server.get('/v1/sessions/shared');
    expect([status, body]).toMatchObject([409, { error: { code: 'ambiguous_session', param: 'origin' } }]);
    expect(await server.json('/v1/sessions/shared?origin=build-02')).toMatchObject({ origin: 'build-02' });
    expect((await server.get('/v1/sessions/shared?origin=nowhere')).status).toBe(404);
  });

  it('are as many as a key allows', async () => {
    const { path, token } = keyFileWith({
      origins: ['build-01'],
      scopes: ['sessions:read', 'sessions:write', 'sessions:delete'],
    });
    const whole = await TestServer.onDatabase(url, { KEYS_FILE: path });
    const limited = whole.as(token);
    expect(await ids('sort=started_at', limited)).toEqual([
      'build-01/own-of-build-01',
      'build-01/code-of-build-01',
      'build-01/shared',
    ]);
    expect(await limited.json('/v1/sessions/shared')).toMatchObject({ origin: 'build-01' });
    expect(await limited.json('/v1/profiles')).toMatchObject({ total: 2 });
    expect(await limited.json('/v1/sessions?origin=build-02')).toMatchObject({ total: 0 });
    for (const path of ['own-of-build-02', 'shared?origin=build-02'])
      expect((await limited.get(`/v1/sessions/${path}`)).status).toBe(404);
    expect((await limited.patch('/v1/sessions/own-of-build-02', { title: 'x' })).status).toBe(404);
    expect((await limited.delete('/v1/sessions/own-of-build-02')).status).toBe(404);
    expect(await limited.json('/v1/sessions?search=own')).toMatchObject({
      hidden: { archived: 0, children: 0 },
    });
  });
});
