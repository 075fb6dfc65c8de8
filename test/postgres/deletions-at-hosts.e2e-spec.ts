import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { runSql } from '../support/database.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestListener, type HeardEvent } from '../support/listener.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';

describe('what waits for a host', () => {
  let host: ShippedHost;
  let server: TestServer;

  const inFile = (columns: string): readonly unknown[] => {
    const writer = HistoryWriter.open(host.path);
    const rows = writer.db
      .prepare(`SELECT ${columns} FROM sessions WHERE id LIKE 'chain-%' ORDER BY id`)
      .all();
    writer.close();
    return rows;
  };
  const states = (): Promise<readonly Record<string, unknown>[]> =>
    runSql(host.url, 'SELECT kind, state FROM commands ORDER BY id');

  beforeEach(async () => {
    host = await ShippedHost.start(smallHistory(25));
    server = await TestServer.onDatabase(host.url);
    await host.offline();
  });

  afterEach(async () => {
    await host.offline();
    await server.close();
  });

  it('is made in the rest of a conversation of which one session was deleted since', async () => {
    await server.patch('/v1/sessions/chain-3', { archived: true, pinned: true });
    expect((await server.delete('/v1/sessions/chain-3')).status).toBe(200);
    await host.online();
    const both = { archived: 1, pinned: 1 };
    expect(inFile('id, archived, pinned')).toEqual([
      { id: 'chain-1', ...both },
      { id: 'chain-2', ...both },
    ]);
    expect(await server.json('/v1/sessions/chain-1')).toMatchObject({ archived: true, pinned: true });
    expect(await states()).toEqual([
      { kind: 'update', state: 'applied' },
      { kind: 'delete', state: 'applied' },
    ]);
  });

  it('is made though another change cannot be made in the file', async () => {
    host.run(
      `CREATE TRIGGER left_behind BEFORE UPDATE OF title ON sessions BEGIN INSERT INTO gone VALUES (1); END`,
    );
    expect((await server.patch('/v1/sessions/plain', { title: 'Never made' })).status).toBe(200);
    expect((await server.patch('/v1/sessions/chain-3', { pinned: true })).status).toBe(200);
    await host.online();
    expect(inFile('id, pinned')).toContainEqual({ id: 'chain-1', pinned: 1 });
    expect(await states()).toEqual([
      { kind: 'update', state: 'pending' },
      { kind: 'update', state: 'applied' },
    ]);
  });

  it('takes a title from the one that had it, as it is shown, though the one that has it was deleted since', async () => {
    host.run("UPDATE sessions SET title = 'The root' WHERE id = 'chain-1'");
    await host.online();
    await host.offline();
    expect((await server.patch('/v1/sessions/chain-3', { title: 'The root' })).status).toBe(200);
    await server.delete('/v1/sessions/chain-3');
    await host.online();
    expect(inFile('id, title')).toContainEqual({ id: 'chain-1', title: null });
    expect(await runSql(host.url, "SELECT title FROM sessions WHERE id = 'chain-1'")).toEqual([
      { title: null },
    ]);
  });

  it('is made before a deletion that the host refuses', async () => {
    host.run(`CREATE TRIGGER guard BEFORE DELETE ON sessions WHEN old.id = 'plain'
      BEGIN SELECT RAISE(ABORT, 'plain is under audit'); END`);
    await server.patch('/v1/sessions/plain', { title: 'Renamed' });
    await server.delete('/v1/sessions/plain');
    await host.online();
    expect(await states()).toEqual([
      { kind: 'update', state: 'applied' },
      { kind: 'delete', state: 'refused' },
    ]);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Renamed' });
  });

  it('tells nobody of the messages of a session again whose deletion the host refuses', async () => {
    host.run(`CREATE TRIGGER guard BEFORE DELETE ON sessions WHEN old.id = 'plain'
      BEGIN SELECT RAISE(ABORT, 'plain is under audit'); END`);
    const listener = await TestListener.to(server, '/v1/sessions/events');
    await server.delete('/v1/sessions/plain');
    host.say(1, 'Said meanwhile', hour(80));
    await host.online();
    await listener.until((events) => events.some(({ type }) => type === 'session.created'));
    host.say(1, 'Said behind it', hour(81));
    const said = (events: readonly HeardEvent[]): readonly unknown[] =>
      events.flatMap(({ type, message }) => (type === 'message.created' ? [message?.content] : []));
    await listener.until((events) => said(events).includes('Said behind it 0'));
    expect(said(listener.heard)).toEqual(['Said meanwhile 0', 'Said behind it 0']);
    listener.leave();
  });

  it('is not tried one after the other while somebody else writes to the file', async () => {
    const ids = ['chain-3', 'plain', 'branch', 'reset', 'archived'];
    for (const id of ids) await server.patch(`/v1/sessions/${id}`, { pinned: true });
    const agent = HistoryWriter.open(host.path);
    agent.db.exec('BEGIN IMMEDIATE');
    const begun = performance.now();
    await host.online();
    const taken = performance.now() - begun;
    agent.db.exec('ROLLBACK');
    agent.close();
    expect(new Set((await states()).map(({ state }) => state))).toEqual(new Set(['pending']));
    expect(taken).toBeLessThan(12_000);
    await host.settled();
    expect(await states()).toEqual(ids.map(() => ({ kind: 'update', state: 'applied' })));
  });
});
