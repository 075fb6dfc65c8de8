import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { runSql } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';
import { until } from '../support/wait.js';

describe('titles that are given in the database', () => {
  let server: TestServer;
  let host: ShippedHost;

  /** Titles of the sessions in the file. */
  const titles = (): Readonly<Record<string, string | null>> => {
    const writer = HistoryWriter.open(host.path);
    const rows = writer.db.prepare('SELECT id, title FROM sessions').all() as {
      id: string;
      title: string | null;
    }[];
    writer.close();
    return Object.fromEntries(rows.map(({ id, title }) => [id, title]));
  };
  const states = async (): Promise<readonly unknown[]> =>
    (await runSql(host.url, 'SELECT state FROM commands ORDER BY id')).map(({ state }) => state);
  const rename = async (id: string, title: string | null | undefined): Promise<void> => {
    expect((await server.patch(`/v1/sessions/${id}`, { title })).status).toBe(200);
  };

  beforeEach(async () => {
    host = await ShippedHost.start(smallHistory(25));
    server = await TestServer.onDatabase(host.url);
  });

  afterEach(async () => {
    await host.offline();
    await server.close();
  });

  it('are set in an order in which each is free by then', async () => {
    await rename('branch', 'Wanted');
    await host.settled();
    await host.offline();
    await rename('plain', 'Something');
    await rename('branch', 'Else');
    await rename('plain', 'Wanted');
    await host.online();
    expect(await states()).toEqual(['applied', 'applied', 'applied']);
    expect(titles()).toMatchObject({ plain: 'Wanted', branch: 'Else' });
  });

  it('are had from what a deletion before them takes away, also where that has to wait', async () => {
    await host.offline();
    const title = titles().branch;
    await server.delete('/v1/sessions/branch');
    await rename('plain', title);
    await server.delete('/v1/sessions/reset');
    host.run(
      `INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES ('branch', 'agent', 1, 7258118400)`,
    );
    await host.online();
    expect(await states()).toEqual(['pending', 'pending', 'applied']);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title });
    host.run('DELETE FROM session_turn_leases');
    await host.settled();
    expect(await states()).toEqual(['applied', 'applied', 'applied']);
    expect(titles()).toMatchObject({ plain: title });
    expect(titles()).not.toHaveProperty('branch');
  });

  it('are had from whoever gives them up by a change behind them', async () => {
    await rename('branch', 'Wanted');
    await rename('reset', 'As well');
    await host.settled();
    await host.offline();
    await rename('branch', 'Something');
    await rename('plain', 'Wanted');
    await rename('branch', 'Else');
    await rename('reset', 'Set free');
    await rename('archived', 'As well');
    await server.delete('/v1/sessions/reset');
    await host.online();
    expect(new Set(await states())).toEqual(new Set(['applied']));
    expect(titles()).toMatchObject({ plain: 'Wanted', branch: 'Else', archived: 'As well' });
    expect(titles()).not.toHaveProperty('reset');
  });

  it('follow each other although the one before was made, and nobody could say so any more', async () => {
    const before = titles();
    await host.offline();
    for (const id of ['plain', 'branch', 'reset']) await rename(id, `First of ${id}`);
    // As whoever sends the history does, and is ended then.
    host.run(`UPDATE sessions SET title = 'First of ' || id WHERE id IN ('plain', 'branch', 'reset')`);
    await rename('plain', 'Second');
    await rename('plain', 'Third');
    await rename('branch', before.branch);
    await rename('reset', null);
    await host.online();
    expect(await states()).toEqual(['applied', 'applied', 'applied']);
    expect(titles()).toMatchObject({ plain: 'Third', branch: before.branch, reset: null });
  });

  it('are set in place of one that another session was to have', async () => {
    const before = titles();
    await host.offline();
    await rename('chain-3', before['chain-1']);
    await rename('chain-1', 'Own');
    await rename('chain-3', 'Else');
    await host.online();
    expect(await states()).toEqual(['applied', 'applied']);
    expect(titles()).toMatchObject({ 'chain-1': 'Own', 'chain-3': 'Else' });
  });

  it('replace the one that the host had when they were given, also where another change waits', async () => {
    await host.offline();
    const agent = HistoryWriter.open(host.path);
    agent.db.exec('BEGIN IMMEDIATE');
    await host.online();
    expect((await server.patch('/v1/sessions/plain', { archived: true })).status).toBe(200);
    agent.db.exec(
      "UPDATE sessions SET title = 'From the garden' WHERE id = 'plain'; COMMIT; BEGIN IMMEDIATE",
    );
    await until(async () => {
      const { title } = await server.json<{ title: string }>('/v1/sessions/plain');
      return title === 'From the garden';
    });
    await rename('plain', 'From the office');
    agent.db.exec('ROLLBACK');
    agent.close();
    await host.settled();
    await until(async () => !(await states()).includes('pending'));
    expect(await states()).toEqual(['applied']);
    expect(titles()).toMatchObject({ plain: 'From the office' });
  });

  it('are refused where each waits for the next one in a circle', async () => {
    const before = titles();
    await host.offline();
    await rename('plain', 'Meanwhile');
    await rename('branch', before.plain);
    await rename('reset', before.branch);
    await rename('plain', before.reset);
    await host.online();
    expect(await states()).toEqual(['refused', 'refused', 'refused']);
    expect(titles()).toEqual(before);
    for (const id of ['plain', 'branch', 'reset'])
      expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({ title: before[id] });
  });

  it('are refused where two wait for each other after an agent that had the file', async () => {
    const before = titles();
    await host.offline();
    await rename('plain', 'Meanwhile');
    await rename('branch', before.plain);
    await rename('plain', before.branch);
    const agent = HistoryWriter.open(host.path);
    agent.db.exec('BEGIN IMMEDIATE');
    await host.online();
    expect(await states()).toEqual(['pending', 'pending']);
    agent.db.exec('ROLLBACK');
    agent.close();
    await host.settled();
    expect(await states()).toEqual(['refused', 'refused']);
    expect(titles()).toEqual(before);
  });
});
