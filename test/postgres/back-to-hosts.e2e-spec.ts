import { readFileSync } from 'node:fs';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { runSql } from '../support/database.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { tellStatements } from '../support/sent-statements.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';
import { until } from '../support/wait.js';

describe('changes that are made in the database', () => {
  let path: string;
  let url: string;
  let server: TestServer;
  let host: ShippedHost;

  const inFile = (sql: string): unknown => {
    const writer = HistoryWriter.open(path);
    const row: unknown = writer.db.prepare(sql).get();
    writer.close();
    return row;
  };
  const atHost = (sql: string): void => {
    const writer = HistoryWriter.open(path);
    writer.db.prepare(sql).run();
    writer.close();
  };
  const commands = (): Promise<readonly Record<string, unknown>[]> =>
    runSql(url, 'SELECT kind, session_id, state, reason FROM commands ORDER BY id');

  beforeEach(async () => {
    host = await ShippedHost.start(smallHistory(25));
    ({ path, url } = host);
    server = await TestServer.onDatabase(url);
  });

  afterEach(async () => {
    await host.offline();
    await server.close();
  });

  it('reach the host within a second', async () => {
    expect((await server.patch('/v1/sessions/plain', { title: 'From the office' })).status).toBe(200);
    await until(
      () =>
        (inFile("SELECT title FROM sessions WHERE id = 'plain'") as { title: string }).title ===
        'From the office',
    );
    await until(async () => (await commands())[0]?.state === 'applied');
    expect(inFile("SELECT title_source FROM sessions WHERE id = 'plain'")).toEqual({ title_source: 'user' });
  });

  it('are shown at once while the host is away, and made when it is back', async () => {
    await host.offline();
    await server.patch('/v1/sessions/plain', { title: 'First thought' });
    await server.patch('/v1/sessions/plain', { title: 'Second thought', pinned: true });
    await server.patch('/v1/sessions/chain-2', { archived: true });
    await server.delete('/v1/sessions/branch');
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Second thought', pinned: true });
    expect(await server.json('/v1/sessions/chain-1')).toMatchObject({ archived: true });
    expect((await server.get('/v1/sessions/branch')).status).toBe(404);
    await host.online();
    expect(inFile("SELECT title, pinned FROM sessions WHERE id = 'plain'")).toEqual({
      title: 'Second thought',
      pinned: 1,
    });
    expect(
      inFile("SELECT count(*) AS archived FROM sessions WHERE id LIKE 'chain-_' AND archived = 1"),
    ).toEqual({ archived: 3 });
    expect(inFile("SELECT id FROM sessions WHERE id = 'branch'")).toBeUndefined();
    expect((await commands()).map(({ state }) => state)).toEqual(['applied', 'applied', 'applied']);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Second thought', pinned: true });
  });

  it('are not brought back by what the host sends before it has made them', async () => {
    // Whoever writes to the file for long keeps every change waiting, while all of it can be read.
    const agent = HistoryWriter.open(path);
    agent.db.exec('BEGIN IMMEDIATE');
    await server.patch('/v1/sessions/plain', { title: 'From the office', archived: true });
    agent.db.exec('ROLLBACK');
    agent.db.exec(
      "BEGIN IMMEDIATE; UPDATE sessions SET message_count = 77 WHERE id = 'plain'; COMMIT; BEGIN IMMEDIATE",
    );
    await until(
      async () => (await server.json<{ message_count: number }>('/v1/sessions/plain')).message_count === 77,
    );
    expect(await server.json('/v1/sessions/plain')).toMatchObject({
      title: 'From the office',
      archived: true,
    });
    agent.db.exec('ROLLBACK');
    agent.close();
    await host.settled();
    await until(async () => (await commands())[0]?.state === 'applied');
    expect(inFile("SELECT title, archived FROM sessions WHERE id = 'plain'")).toEqual({
      title: 'From the office',
      archived: 1,
    });
  });

  it('keep a session ended that its host has open yet, with the reason that was the first one', async () => {
    const agent = HistoryWriter.open(path);
    agent.db.exec('BEGIN IMMEDIATE');
    await server.patch('/api/sessions/branch', { end_reason: 'told_here' });
    const ended = await server.json<{ ended_at: string | null }>('/v1/sessions/branch');
    expect(ended).toMatchObject({ ended_at: expect.any(String) as unknown, end_reason: 'told_here' });
    agent.db.exec('ROLLBACK');
    agent.db.exec(
      "BEGIN IMMEDIATE; UPDATE sessions SET message_count = 77 WHERE id = 'branch'; COMMIT; BEGIN IMMEDIATE",
    );
    await until(
      async () => (await server.json<{ message_count: number }>('/v1/sessions/branch')).message_count === 77,
    );
    expect(await server.json('/v1/sessions/branch')).toMatchObject({
      ...{ ended_at: ended.ended_at, end_reason: 'told_here' },
    });
    await server.patch('/api/sessions/branch', { end_reason: 'once_more' });
    agent.db.exec('ROLLBACK');
    agent.close();
    await host.settled();
    await until(async () => (await commands())[0]?.state === 'applied');
    expect(inFile("SELECT end_reason FROM sessions WHERE id = 'branch'")).toEqual({
      end_reason: 'told_here',
    });
  });

  it('give way where the host was renamed meanwhile: its title stays, everything else is done', async () => {
    await host.offline();
    await server.patch('/v1/sessions/plain', { title: 'From the office', archived: true });
    atHost("UPDATE sessions SET title = 'From the garden' WHERE id = 'plain'");
    await host.online();
    expect(inFile("SELECT title, archived FROM sessions WHERE id = 'plain'")).toEqual({
      title: 'From the garden',
      archived: 1,
    });
    expect(await server.json('/v1/sessions/plain')).toMatchObject({
      title: 'From the garden',
      archived: true,
    });
    expect(await commands()).toEqual([
      { kind: 'update', session_id: 'plain', state: 'superseded', reason: null },
    ]);
  });

  it('are refused where a title is taken at the host by now, which shows its own again', async () => {
    await host.offline();
    await server.patch('/v1/sessions/plain', { title: 'Wanted twice' });
    atHost("UPDATE sessions SET title = 'Wanted twice' WHERE id = 'branch'");
    await host.online();
    expect(await commands()).toEqual([
      { kind: 'update', session_id: 'plain', state: 'refused', reason: 'title_in_use' },
    ]);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Garden irrigation' });
    expect(await server.json('/v1/sessions/branch')).toMatchObject({ title: 'Wanted twice' });
  });

  it('are refused where the file is only read, and undone where they were made before', async () => {
    await host.offline();
    await server.patch('/v1/sessions/plain', { title: 'From the office', archived: true });
    await server.delete('/v1/sessions/branch');
    const before = readFileSync(path);
    await host.online({ SHIP_READ_ONLY: 'on' });
    expect((await commands()).map(({ state }) => state)).toEqual(['refused', 'refused']);
    await until(async () => (await server.get('/v1/sessions/branch')).status === 200);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({
      ...{ title: 'Garden irrigation', archived: false },
    });
    for (const changed of [
      await server.patch('/v1/sessions/plain', { title: 'From the office' }),
      await server.patch('/v1/sessions/plain', { archived: true }),
      await server.delete('/v1/sessions/branch'),
    ]) {
      expect(changed).toMatchObject({ status: 409, body: { error: { code: 'unsupported_by_store' } } });
    }
    expect((await server.delete('/v1/sessions/nowhere')).status).toBe(404);
    expect(await server.json('/v1/capabilities')).toMatchObject({
      features: {
        ...{ sessions_rename: false, sessions_archive: false, sessions_pin: false, sessions_delete: false },
      },
    });
    expect(await commands()).toHaveLength(2);
    await host.offline();
    expect(readFileSync(path).equals(before)).toBe(true);
    await host.online();
    expect((await server.patch('/v1/sessions/plain', { archived: true })).status).toBe(200);
  });

  it('are refused where a rule of the host forbids a deletion, which shows the session again', async () => {
    const transcript = await server.json('/v1/sessions/plain/messages');
    await host.offline();
    atHost(`CREATE TRIGGER guard BEFORE DELETE ON sessions WHEN old.id = 'plain'
      BEGIN SELECT RAISE(ABORT, 'plain is under audit'); END`);
    expect((await server.delete('/v1/sessions/plain')).status).toBe(200);
    expect((await server.delete('/v1/sessions/branch')).status).toBe(200);
    await host.online();
    expect(await commands()).toEqual([
      { kind: 'delete', session_id: 'plain', state: 'refused', reason: 'refused_by_history' },
      { kind: 'delete', session_id: 'branch', state: 'applied', reason: null },
    ]);
    await until(async () => (await server.get('/v1/sessions/plain')).status === 200);
    expect(await server.json('/v1/sessions/plain/messages')).toEqual(transcript);
    expect((await server.get('/v1/sessions/branch')).status).toBe(404);
  });

  it('give a session back its place where its deletion was refused', async () => {
    const chain = (): Promise<unknown> =>
      runSql(url, "SELECT id, parent_session_id, root_id FROM sessions WHERE id LIKE 'chain-%' ORDER BY id");
    const before = await chain();
    await host.offline();
    atHost(`CREATE TRIGGER guard BEFORE DELETE ON sessions WHEN old.id = 'chain-1'
      BEGIN SELECT RAISE(ABORT, 'chain-1 is under audit'); END`);
    expect((await server.delete('/v1/sessions/chain-1')).status).toBe(200);
    expect(await chain()).toMatchObject([
      { id: 'chain-2', parent_session_id: null },
      { id: 'chain-3', root_id: 'chain-2' },
    ]);
    await host.online();
    expect(await commands()).toMatchObject([{ state: 'refused', reason: 'refused_by_history' }]);
    expect(await chain()).toEqual(before);
  });

  it('wait where they fail in a way that nobody foresaw, and keep nothing else from being made and sent', async () => {
    await host.offline();
    atHost(`CREATE TRIGGER titles BEFORE UPDATE OF title ON sessions WHEN old.id = 'plain'
      BEGIN SELECT json_extract('{', '$'); END`);
    atHost(`CREATE TRIGGER guard BEFORE DELETE ON sessions WHEN old.id = 'branch'
      BEGIN SELECT json_extract('{', '$'); END`);
    await server.patch('/v1/sessions/plain', { title: 'Renamed' });
    await server.delete('/v1/sessions/branch');
    await server.patch('/v1/sessions/reset', { archived: true });
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'meanwhile', source: 'cli', started_at: hour(60) });
    writer.close();
    await host.online();
    expect((await commands()).map(({ session_id: id, state }) => [id, state])).toEqual([
      ['plain', 'pending'],
      ['branch', 'pending'],
      ['reset', 'applied'],
    ]);
    expect((await server.get('/v1/sessions/meanwhile')).status).toBe(200);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Renamed' });
    atHost('DROP TRIGGER titles');
    atHost('DROP TRIGGER guard');
    await host.settled();
    expect((await commands()).map(({ state }) => state)).toEqual(['applied', 'applied', 'applied']);
    expect(inFile("SELECT title FROM sessions WHERE id = 'plain'")).toEqual({ title: 'Renamed' });
  });

  it('delete a whole conversation or nothing of it', async () => {
    const members = (): unknown =>
      inFile("SELECT group_concat(id, ' ' ORDER BY id) AS ids FROM sessions WHERE id LIKE 'chain-%'");
    const whole = { ids: 'chain-1 chain-2 chain-3' };
    expect(members()).toEqual(whole);
    await host.offline();
    atHost(`CREATE TRIGGER guard BEFORE DELETE ON sessions WHEN old.id = 'chain-3'
      BEGIN SELECT RAISE(ABORT, 'chain-3 is under audit'); END`);
    const before = await server.json('/v1/sessions/chain-3/messages?lineage=true');
    expect((await server.delete('/v1/sessions/chain-3?lineage=true')).status).toBe(200);
    await host.online();
    expect((await commands()).map(({ state }) => state)).toEqual(['refused', 'refused', 'refused']);
    expect(members()).toEqual(whole);
    await until(async () => (await server.get('/v1/sessions/chain-3')).status === 200);
    expect(await server.json('/v1/sessions/chain-3/messages?lineage=true')).toEqual(before);
    // What has gone at the host meanwhile keeps nothing of the rest from going.
    await host.offline();
    atHost('DROP TRIGGER guard');
    expect((await server.delete('/v1/sessions/chain-3?lineage=true')).status).toBe(200);
    atHost("DELETE FROM messages WHERE session_id = 'chain-2'");
    atHost("UPDATE sessions SET parent_session_id = 'chain-1' WHERE id = 'chain-3'");
    atHost("DELETE FROM sessions WHERE id = 'chain-2'");
    await host.online();
    expect(members()).toEqual({ ids: null });
    expect((await commands()).slice(3).map(({ state }) => state)).toEqual(['applied', 'applied', 'applied']);
  });

  it('keep a deleted session deleted, whatever the host still does with it', async () => {
    await host.offline();
    expect((await server.delete('/v1/sessions/plain')).status).toBe(200);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'Still talking about irrigation', hour(70));
    writer.close();
    await host.online();
    expect(inFile("SELECT id FROM sessions WHERE id = 'plain'")).toBeUndefined();
    expect((await server.get('/v1/sessions/plain')).status).toBe(404);
    // A backup that brings it back to the host brings it back to nobody else.
    const restored = HistoryWriter.open(path);
    restored.addSession({ id: 'plain', source: 'cli', started_at: hour(1), title: 'Back again' });
    restored.close();
    await host.settled();
    expect((await server.get('/v1/sessions/plain')).status).toBe(404);
    expect(await server.json<SessionListResponse>('/v1/sessions?title=Back+again')).toMatchObject({
      total: 0,
    });
  });

  it('keep nothing from being shown that was begun later under the id of a deleted session', async () => {
    expect((await server.delete('/v1/sessions/plain')).status).toBe(200);
    await until(async () => (await commands())[0]?.state === 'applied');
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'plain', source: 'cli', started_at: hour(80), title: 'Another one' });
    say(writer, 'plain', 'user', 'About quinces', hour(80));
    writer.close();
    await host.settled();
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Another one' });
    expect(await server.json('/v1/sessions?search=quinces')).toMatchObject({ total: 1 });
    // It is a session like any other by now.
    expect((await server.patch('/v1/sessions/plain', { title: 'Renamed' })).status).toBe(200);
    expect((await server.delete('/v1/sessions/plain')).status).toBe(200);
    await until(async () => (await commands()).at(-1)?.state === 'applied');
    expect(inFile("SELECT id FROM sessions WHERE id = 'plain'")).toBeUndefined();
  });

  it('wait while an agent is in the middle of the session', async () => {
    await host.offline();
    expect((await server.delete('/v1/sessions/plain')).status).toBe(200);
    const until2200 = 7_258_118_400;
    atHost(
      `INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES ('plain', 'agent', 1, ${until2200})`,
    );
    await host.online();
    expect(await commands()).toMatchObject([{ kind: 'delete', state: 'pending' }]);
    expect(inFile("SELECT id FROM sessions WHERE id = 'plain'")).toEqual({ id: 'plain' });
    expect((await server.get('/v1/sessions/plain')).status).toBe(404);
    atHost('DELETE FROM session_turn_leases');
    await host.settled();
    expect(await commands()).toMatchObject([{ kind: 'delete', state: 'applied' }]);
    expect(inFile("SELECT id FROM sessions WHERE id = 'plain'")).toBeUndefined();
  });

  it('are many at once without being one long transaction, and those that cannot be made keep none behind them waiting', async () => {
    const ids = Array.from({ length: 320 }, (_, at) => `many-${at}`);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      for (const id of ids) writer.addSession({ id, source: 'cli', started_at: hour(60) });
    });
    writer.close();
    await host.settled();
    await host.offline();
    // More than are read in one go fail in a way that nobody foresaw.
    atHost(
      `CREATE TRIGGER flags BEFORE UPDATE OF archived ON sessions BEGIN SELECT json_extract('{', '$'); END`,
    );
    for (const [action, some] of [
      ['archive', ids.slice(0, 160)],
      ['archive', ids.slice(160, 310)],
      ['pin', ids.slice(310)],
    ] as const)
      expect((await server.post('/v1/sessions/bulk', { action, ids: some })).status).toBe(200);
    await host.online();
    const states = (): Promise<unknown> =>
      runSql(url, 'SELECT state, count(*)::int AS commands FROM commands GROUP BY state ORDER BY state');
    expect(await states()).toEqual([
      { state: 'applied', commands: 10 },
      { state: 'pending', commands: 310 },
    ]);
    await host.offline();
    atHost('DROP TRIGGER flags');
    let confirmations = 0;
    const end = tellStatements((sql) => {
      if (/UPDATE commands/.test(sql)) confirmations++;
    });
    await host.online();
    end();
    expect(await states()).toEqual([{ state: 'applied', commands: 320 }]);
    expect(confirmations).toBe(2);
  });
});
