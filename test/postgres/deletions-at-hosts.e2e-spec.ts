import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { runSql } from '../support/database.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestListener, type HeardEvent } from '../support/listener.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';

describe('what waits for a session that is deleted in the database', () => {
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

  it('is made in the rest of its conversation', async () => {
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

  it('takes a title from the one that had it, as it is shown', async () => {
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

  it('is made where the host refuses the deletion', async () => {
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

  it('is back without that anybody hears of its messages again, where the host refuses the deletion', async () => {
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
});
