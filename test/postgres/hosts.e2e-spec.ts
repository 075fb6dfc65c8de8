import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { FORM } from '../../src/stores/postgres/events/stored-change.js';
import { createDatabase, createEmptyDatabase, runSql } from '../support/database.js';
import { smallHistory, withManySessions } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { runCli, type Outcome } from '../support/process.js';
import { TestServer, testSettings } from '../support/server.js';
import { storedRow } from '../support/stored.js';
import { TestShipper } from '../support/shipped.js';

/** Roles are those of all databases of a server, so that each test has hosts of its own. */
function hostName(): string {
  return `Build-${randomBytes(4).toString('hex')}`;
}

describe('hosts that have roles of their own', () => {
  let url: string;
  const shippers: TestShipper[] = [];
  const added: string[] = [];

  const cli = (args: readonly string[], databaseUrl = url): Promise<Outcome> =>
    runCli(args, { DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn' });

  /** Adds a host. @returns its own address of the database. */
  const add = async (name: string, databaseUrl = url): Promise<string> => {
    const { code, stdout, stderr } = await cli(['hosts', 'add', name], databaseUrl);
    expect([code, stderr]).toEqual([0, expect.stringContaining('not be shown again')]);
    added.push(name);
    const [, own = ''] = /DATABASE_URL="([^"]+)"/.exec(stdout) ?? [];
    return own;
  };

  const ship = async (stateDb: string, own: string, origin: string): Promise<TestShipper> => {
    const shipper = await TestShipper.start(testSettings({ STATE_DB: stateDb }), own, origin);
    shippers.push(shipper);
    await shipper.settled();
    return shipper;
  };

  beforeEach(async () => {
    url = await createDatabase();
  });

  afterEach(async () => {
    for (const shipper of shippers.splice(0)) await shipper.stop();
    for (const name of added.splice(0)) await cli(['hosts', 'remove', name, '--keep-history']);
  });

  it('send and follow their histories, and make what is changed centrally', async () => {
    const [first, second] = [hostName(), hostName()];
    const [firstFile, secondFile] = [smallHistory(25), withManySessions(smallHistory(25), 2100)];
    const one = await ship(firstFile, await add(first), first);
    const two = await ship(secondFile, await add(second), second);
    const server = await TestServer.onDatabase(url);
    const total = async (query: string): Promise<number> =>
      (await server.json<SessionListResponse>(`/v1/sessions?${query}`)).total;
    const file = await TestServer.onFile(secondFile);
    const { total: expected } = await file.json<SessionListResponse>('/v1/sessions?search=filler');
    expect(await total(`search=filler&origin=${encodeURIComponent(second)}`)).toBe(expected);
    expect(await total(`search=filler&origin=${encodeURIComponent(first)}`)).toBe(0);
    const { status } = await server.patch(`/v1/sessions/plain?origin=${encodeURIComponent(first)}`, {
      title: 'Renamed centrally',
    });
    expect(status).toBe(200);
    await server.delete(`/v1/sessions/archived?origin=${encodeURIComponent(second)}`);
    await one.settled();
    await two.settled();
    expect(storedRow(firstFile, 'plain')).toMatchObject({ title: 'Renamed centrally' });
    expect(storedRow(secondFile, 'plain')).toMatchObject({ title: 'Garden irrigation' });
    expect(storedRow(secondFile, 'archived')).toBeUndefined();
    expect(storedRow(firstFile, 'archived')).toBeDefined();
  });

  it("have one profile in the words of Hermes's dashboard, where all call theirs the same", async () => {
    for (const name of [hostName(), hostName()]) await ship(smallHistory(25), await add(name), name);
    const server = await TestServer.onDatabase(url);
    expect(await server.json('/dashboard/api/status')).toMatchObject({ profiles: ['default'] });
    expect(await server.json('/dashboard/api/profiles')).toMatchObject({ profiles: [{ name: 'default' }] });
    await server.close();
  });

  it('get in as themselves, however the address of whoever adds them says who that is', async () => {
    const { username, password, hostname, port, pathname } = new URL(url);
    const who = `user=${username}&password=${password}`;
    for (const address of [
      `postgres://${hostname}:${port}${pathname}?${who}`,
      `postgres://${pathname}?host=${hostname}&port=${port}&${who}`,
      `postgres://${username}:${password}@${pathname}?host=${hostname}&port=${port}`,
    ]) {
      const name = hostName();
      const own = await add(name, address);
      expect(await runSql(own, 'SELECT own_origin() AS origin')).toEqual([{ origin: name }]);
    }
  });

  it('read and change nothing of each other', async () => {
    const [victim, hostile] = [hostName(), hostName()];
    await ship(smallHistory(25), await add(victim), victim);
    const own = await add(hostile);
    await ship(smallHistory(25), own, hostile);
    const [{ id: theirs } = { id: 0 }] = await runSql(url, 'SELECT id FROM histories WHERE origin = $1', [
      victim,
    ]);
    const [{ id: mine } = { id: 0 }] = await runSql(own, 'SELECT id FROM histories');
    const tables = [
      ...['sessions', 'conversations', 'session_counts', 'messages', 'session_words', 'commands'],
      ...['tombstones', 'leases', 'changes', 'removals'],
    ];
    for (const table of tables) {
      const [row] = await runSql(
        own,
        `SELECT count(*)::int AS rows FROM ${table} WHERE history_id IS DISTINCT FROM $1`,
        [mine],
      );
      expect([table, row]).toEqual([table, { rows: 0 }]);
    }
    expect(await runSql(own, 'SELECT origin FROM histories')).toEqual([{ origin: hostile }]);
    const before = await runSql(url, 'SELECT * FROM sessions WHERE history_id = $1 ORDER BY id', [theirs]);
    await runSql(own, `UPDATE sessions SET title = 'Mine' WHERE history_id = $1`, [theirs]);
    await runSql(own, 'DELETE FROM messages WHERE history_id = $1', [theirs]);
    await runSql(own, `UPDATE histories SET accepted_sessions = 1 WHERE origin = $1`, [victim]);
    expect(await runSql(url, 'SELECT * FROM sessions WHERE history_id = $1 ORDER BY id', [theirs])).toEqual(
      before,
    );
    const refused = [
      [`INSERT INTO commands (history_id, session_id, kind) VALUES (${String(theirs)}, 'plain', 'delete')`],
      [`INSERT INTO commands (history_id, session_id, kind) VALUES (${String(mine)}, 'plain', 'delete')`],
      [`UPDATE sessions SET history_id = ${String(theirs)} WHERE id = 'plain'`],
      [`INSERT INTO leases (history_id, session_id, expires_at) VALUES (${String(theirs)}, 'plain', 9e9)`],
      [`UPDATE histories SET origin = '${victim}x'`],
      [
        `INSERT INTO histories (origin, profile, is_default, can_archive, can_pin, can_delete)
        VALUES ('${victim}', 'more', false, true, true, true)`,
      ],
      ['SELECT * FROM host_roles'],
      ['DELETE FROM histories'],
      ['TRUNCATE sessions'],
      ['ALTER TABLE sessions DISABLE ROW LEVEL SECURITY'],
      ['DROP POLICY own_host ON sessions'],
      ['SET ROLE postgres'],
      ['CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT NULL::timestamptz $$'],
      [`SELECT setval('session_numbers', 1)`],
    ].flat();
    for (const statement of refused) {
      await expect(runSql(own, statement)).rejects.toThrow(
        /denied|violates row-level security|must be owner/,
      );
    }
    // A table of the same name, which is looked for first, says nothing to what decides.
    const client = new pg.Client(own);
    await client.connect();
    await client.query(
      `CREATE TEMPORARY TABLE host_roles AS SELECT session_user::text AS role, '${victim}'::text AS origin`,
    );
    await client.query(
      `CREATE TEMPORARY TABLE histories AS SELECT ${String(theirs)} AS id, '${hostile}'::text AS origin`,
    );
    const { rowCount } = await client.query('SELECT FROM sessions WHERE history_id = $1', [theirs]);
    await client.end();
    expect(rowCount).toBe(0);
  });

  it('keep their limits in a database that was restored, and has another number', async () => {
    const [one, another, late] = [hostName(), hostName(), hostName()];
    const hosts = [await add(one), await add(another)];
    for (const [at, own] of hosts.entries())
      await runSql(
        own,
        `INSERT INTO histories (origin, profile, is_default, can_archive, can_pin, can_delete)
          VALUES ($1, 'default', true, true, true, true)`,
        [at === 0 ? one : another],
      );
    const original = new URL(url).pathname.slice(1);
    url = await createEmptyDatabase(original);
    const inCopy = (own: string): string =>
      Object.assign(new URL(own), { pathname: new URL(url).pathname }).href;
    const seen = async (own: string): Promise<readonly unknown[]> =>
      (await runSql(inCopy(own), 'SELECT origin FROM histories')).map(({ origin }) => origin);
    hosts.push(await add(late));
    expect(await Promise.all(hosts.map(seen))).toEqual([[one], [another], []]);
    // A release of before made a group of the new number, and left the other hosts out of it.
    const [group] = await runSql(
      url,
      `SELECT 'hermes_sessions_hosts_' || oid AS name FROM pg_database WHERE datname = current_database()`,
    );
    await runSql(url, `CREATE ROLE ${String(group?.name)}`);
    await runSql(url, `ALTER POLICY own_host ON histories TO ${String(group?.name)}`);
    expect(await seen(hosts[0] ?? '')).toEqual([one, another]);
    await add(late);
    expect(await Promise.all(hosts.slice(0, 2).map(seen))).toEqual([[one], [another]]);
  });

  it('put nothing into the database that keeps it from the others', async () => {
    const [good, hostile] = [hostName(), hostName()];
    const path = smallHistory(25);
    const shipper = await ship(path, await add(good), good);
    const own = await add(hostile);
    await ship(smallHistory(25), own, hostile);
    const server = await TestServer.onDatabase(url);
    const listener = await TestListener.to(server, `/v1/sessions/events?origin=${encodeURIComponent(good)}`);
    const [{ id } = { id: 0 }] = await runSql(own, 'SELECT id FROM histories');
    const view = { changed: ['title'], after: { session: { id: 7, startedAt: {} }, owners: [null] } };
    const changes = [
      ...['no JSON', 'null', '{}', '[]', `{"form":${FORM},"change":{}}`, `{"form":${FORM},"change":null}`],
      JSON.stringify({ form: FORM, change: { id: 'x', row: view, conversation: view, messageIds: ['x'] } }),
      JSON.stringify({ form: FORM, change: { id: 'x', row: view, conversation: view, messageIds: [] } }),
      JSON.stringify({
        form: FORM,
        change: { id: 'x', row: { changed: [], after: {} }, conversation: { changed: [] }, messageIds: [] },
      }),
      ...[[], 5].map((owners) => {
        const conversation = { changed: [], after: { session: { match: null, platform: 'cli' }, owners } };
        const change = { id: 'x', row: { changed: [] }, conversation, messageIds: [] };
        return JSON.stringify({ form: FORM, change });
      }),
    ];
    const start = await TestListener.to(server, '/v1/sessions/events');
    start.leave();
    // One by one: what is not understood has what comes with it looked for anew.
    for (const change of changes) {
      await runSql(
        own,
        'INSERT INTO changes (history_id, version, place, change) SELECT id, version + 1, 0, $2 FROM histories WHERE id = $1',
        [id, change],
      );
      await runSql(own, 'UPDATE histories SET version = version + 1');
      const title = `Told all the same: ${change}`.slice(0, 90);
      await server.patch(`/v1/sessions/plain?origin=${encodeURIComponent(good)}`, { title });
      await listener.until((events) => JSON.stringify(events).includes(JSON.stringify(title)));
    }
    const again = await TestListener.to(server, '/v1/sessions/events', { lastEventId: start.lastEventId });
    expect(again.response.statusCode).toBe(200);
    again.leave();
    await runSql(own, `SELECT pg_notify('hermes_sessions_changes', 'anything')`);
    for (const value of [
      `started_at = 'NaN'`,
      `last_active_at = 'Infinity'`,
      `message_count = '-Infinity'`,
      ...['input_tokens = 1.7e308', 'actual_cost_usd = -1.7e308'],
      ...['stored_messages = 9223372036854775807', 'stored_bytes = -1'],
    ]) {
      await expect(runSql(own, `UPDATE sessions SET ${value}`)).rejects.toThrow('violates check constraint');
    }
    for (const [sql, reason] of [
      ['UPDATE conversations SET messages = -5', 'violates check constraint'],
      [`UPDATE histories SET seen_at = 'infinity'`, 'violates check constraint'],
      ['UPDATE histories SET file_bytes = 9223372036854775807', 'violates check constraint'],
      ['UPDATE session_counts SET entries = 9223372036854775807', 'permission denied'],
      [
        `CREATE TEMPORARY TABLE mine (LIKE conversations); CREATE TRIGGER mine AFTER INSERT ON mine
          REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION count_conversations_in()`,
        'permission denied for function',
      ],
    ] as const)
      await expect(runSql(own, sql)).rejects.toThrow(reason);
    await runSql(
      own,
      `UPDATE sessions SET chain_length = -1, title = NULL, platform = '', preview = E'\\x01'`,
    );
    await runSql(own, `UPDATE conversations SET platforms = '{}', chain_length = 0`);
    for (const path of [
      '/v1/sessions?limit=200',
      '/v1/sessions?search=tomatoes',
      '/v1/sessions/stats',
      '/v1/profiles',
    ])
      expect([path, (await server.get(path)).status]).toEqual([path, 200]);
    await server.patch(`/v1/sessions/plain?origin=${encodeURIComponent(good)}`, {
      title: 'Told all the same',
    });
    await shipper.settled();
    await listener.until((events) => events.some(({ session_id: id }) => id === 'plain'));
    listener.leave();
  });

  it('end their first load where another one has left out the index of words, which they may not build', async () => {
    const name = hostName();
    const own = await add(name);
    await runSql(url, 'DROP INDEX session_words_by_word');
    await ship(smallHistory(25), own, name);
    expect(await runSql(url, 'SELECT is_loaded FROM histories')).toEqual([{ is_loaded: true }]);
    expect(await cli(['migrate'])).toMatchObject({ code: 0 });
    expect(await runSql(url, `SELECT to_regclass('session_words_by_word')::text AS name`)).toEqual([
      { name: 'session_words_by_word' },
    ]);
  });

  it('are told what is wrong, and of whose history', async () => {
    const [one, another] = [hostName(), hostName()];
    const own = await add(one);
    const path = smallHistory(25);
    const { code, stderr } = await runCli(['ship', '--once', '--origin', another], {
      STATE_DB: path,
      DATABASE_URL: own,
      LOG_LEVEL: 'warn',
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`sends the history of ${one} alone, and not that of ${another}`),
    ]);
    const more = await cli(['hosts', 'add', another], own);
    expect([more.code, more.stderr]).toEqual([1, expect.stringContaining('may not create roles')]);
    expect(await cli(['hosts', 'remove', 'nobody', '--keep-history'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no host nobody.'),
    });
    expect(await cli(['hosts', 'remove', one])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--keep-history or --delete-history'),
    });
  });

  it('are made and taken away by the owner of the tables, who is no superuser', async () => {
    const owner = `owner_${randomBytes(4).toString('hex')}`;
    url = await createEmptyDatabase();
    const database = new URL(url).pathname.slice(1);
    await runSql(url, `CREATE ROLE ${owner} LOGIN CREATEROLE`);
    await runSql(url, `ALTER DATABASE ${database} OWNER TO ${owner}`);
    await runSql(url, `ALTER SCHEMA public OWNER TO ${owner}`);
    url = Object.assign(new URL(url), { username: owner, password: 'any' }).href;
    expect(await cli(['migrate'])).toMatchObject({ code: 0 });
    const name = hostName();
    const own = await add(name);
    await ship(smallHistory(25), own, name);
    expect(await runSql(own, 'SELECT origin FROM histories')).toEqual([{ origin: name }]);
    expect(await cli(['hosts', 'remove', name, '--delete-history'])).toMatchObject({ code: 0, stderr: '' });
    await expect(runSql(own, 'SELECT 1')).rejects.toThrow(/does not exist/);
    await runSql(url, 'GRANT CREATE ON SCHEMA public TO PUBLIC');
    expect(await cli(['hosts', 'add', name])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('REVOKE CREATE ON SCHEMA public FROM PUBLIC'),
    });
    added.splice(0);
  });

  it('are listed, get another password, and are taken away with or without their history', async () => {
    const [kept, gone] = [hostName(), hostName()];
    await ship(smallHistory(25), await add(kept), kept);
    const own = await add(gone);
    await ship(smallHistory(25), own, gone);
    const again = await add(gone);
    expect(new URL(again).username).toBe(new URL(own).username);
    expect(new URL(again).password).not.toBe(new URL(own).password);
    const { stdout } = await cli(['hosts', 'list']);
    expect(stdout).toMatch(new RegExp(`^${kept} +hermes_host_build_\\w+ +default +13 +\\d+ s ago$`, 'm'));
    for (const shipper of shippers.splice(0)) await shipper.stop();
    const server = await TestServer.onDatabase(url);
    const before = await server.json<SessionListResponse>('/v1/sessions');
    expect((await cli(['hosts', 'remove', gone, '--delete-history'])).stdout).toBe(
      `Removed ${gone} and deleted its 13 sessions.\n`,
    );
    expect((await cli(['hosts', 'remove', kept, '--keep-history'])).stdout).toBe(
      `Removed ${kept} and kept its 13 sessions.\n`,
    );
    await expect(runSql(own, 'SELECT 1')).rejects.toThrow(/does not exist/);
    const after = await server.json<SessionListResponse>('/v1/sessions');
    expect(after.total).toBe(before.total / 2);
    expect(new Set(after.data.map(({ origin }) => origin))).toEqual(new Set([kept]));
    const health = await server.json<{ store: { index_age_seconds: number | null } }>('/health/detailed');
    expect(health.store.index_age_seconds).toBeNull();
    expect((await cli(['hosts', 'list'])).stdout).toContain('never, or retired');
  });
});
