import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { execute, READS, served, stopAll, titleOf } from '../support/faults.js';
import { smallHistory, withManySessions } from '../support/histories.js';
import { ROOT } from '../support/root.js';
import { until } from '../support/wait.js';

afterEach(stopAll);

/** An agent that has committed a title and goes on; and how it ends, as it does when it is told to. */
async function agentOn(path: string, title: string): Promise<() => Promise<void>> {
  const program = `
    const db = new (require('better-sqlite3'))(${JSON.stringify(path)});
    db.prepare("UPDATE sessions SET title = ? WHERE id = 'plain'").run(${JSON.stringify(title)});
    process.stdout.write('committed');
    process.stdin.on('data', () => { db.close(); process.exit(); });`;
  const agent = spawn(process.execPath, ['-e', program], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
  await once(agent.stdout, 'data');
  return async () => {
    agent.stdin.write('\n');
    await once(agent, 'exit');
  };
}

describe('a history in WAL mode', () => {
  it('of which an agent lost the journal is left alone until that has ended, and has what it committed', async () => {
    const path = withManySessions(smallHistory(25, 'wal'));
    const server = await served(path);
    const end = await agentOn(path, 'Of the agent');
    expect(await titleOf(server, 'plain')).toBe('Of the agent');
    rmSync(`${path}-wal`);
    for (const read of READS) {
      const response = await server.get(read);
      expect([read, response.status, await response.json()]).toMatchObject([
        read,
        503,
        { error: { code: 'store_unavailable', message: expect.stringContaining('journal') } },
      ]);
    }
    expect((await server.request('PATCH', '/v1/sessions/plain', { title: 'Lost' })).status).toBe(503);
    await end();
    await until(async () => (await server.get('/readyz')).status === 200, 'The server');
    expect(await titleOf(server, 'plain')).toBe('Of the agent');
    for (const read of READS) expect([read, (await server.get(read)).status]).toEqual([read, 200]);
    const other = new Sqlite(path);
    expect(other.prepare("SELECT title FROM sessions WHERE id = 'plain'").pluck().get()).toBe('Of the agent');
    expect(other.pragma('integrity_check', { simple: true })).toBe('ok');
    other.close();
    expect((await server.request('PATCH', '/v1/sessions/plain', { title: 'Kept' })).status).toBe(200);
  });

  it.each([
    ['a smaller one', (): string => smallHistory(25, 'wal')],
    ['a larger one', (): string => withManySessions(smallHistory(25, 'wal'), 1500)],
    ['the same with another title', (): string => withManySessions(smallHistory(25, 'wal'))],
  ])('is answered as it is once %s is written over it', async (_name, make) => {
    const path = withManySessions(smallHistory(25, 'wal'));
    const backup = make();
    execute(backup, "UPDATE sessions SET title = 'Restored' WHERE id = 'plain'");
    const db = new Sqlite(backup);
    const total = db.prepare("SELECT count(*) FROM sessions WHERE source = 'filler'").pluck().get();
    db.close();
    const server = await served(path);
    copyFileSync(backup, path);
    const list = async (query: string): Promise<{ total: number; data: { id: string }[] }> =>
      (await (await server.get(`/v1/sessions?limit=1&archived=any&${query}`)).json()) as {
        total: number;
        data: { id: string }[];
      };
    await until(async () => (await list('platform=filler')).total === total, 'The other history');
    expect(await titleOf(server, 'plain')).toBe('Restored');
    await until(async () => (await list('title=Restored')).total === 1, 'The title');
    expect(await list('search=filler')).toMatchObject({ total });
    expect(await list('search=Restored')).toMatchObject({ total: 1, data: [{ id: 'plain' }] });
    for (const read of [...READS, '/readyz'])
      expect([read, (await server.get(read)).status]).toEqual([read, 200]);
    expect((await server.request('PATCH', '/v1/sessions/branch', { title: 'New' })).status).toBe(200);
    const other = new Sqlite(path);
    expect(other.pragma('integrity_check', { simple: true })).toBe('ok');
    other.close();
  });
});
