import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { smallHistory } from '../support/histories.js';
import { serverWithLog } from '../support/log.js';
import { writeHome } from '../support/profiles.js';
import { until } from '../support/wait.js';

describe('the log of a server', () => {
  const set = async (): Promise<{
    readonly path: string;
    readonly server: Awaited<ReturnType<typeof serverWithLog>>['server'];
    /** What is no line of a request. */
    readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  }> => {
    const path = smallHistory(25);
    const { server, log } = await serverWithLog({ STATE_DB: path });
    await until(async () => (await server.get('/readyz')).status === 200);
    const begin = log.length;
    return { path, server, lines: () => log.slice(begin).filter(({ msg }) => msg !== 'request') };
  };

  it('says once that a history is away, and once that it is back, however often somebody asks', async () => {
    const { path, server, lines } = await set();
    renameSync(path, `${path}.away`);
    await until(async () => (await server.get('/readyz')).status === 503);
    for (let asked = 0; asked < 5; asked++) expect((await server.get('/v1/sessions')).status).toBe(503);
    const said = (text: string): readonly unknown[] =>
      lines().filter(({ msg }) => String(msg).startsWith('The history of') && String(msg).includes(text));
    expect(said('is away')).toMatchObject([
      { level: 'warn', msg: expect.stringContaining(`profile default (${path})`) },
    ]);
    renameSync(`${path}.away`, path);
    await until(async () => (await server.get('/readyz')).status === 200);
    await until(async () => {
      await server.get('/readyz');
      return said('is back').length > 0;
    });
    expect(lines().filter(({ level }) => level === 'error')).toEqual([]);
    expect(lines().filter(({ msg }) => msg === 'failed').length).toBeLessThan(2);
    expect([said('is away').length, said('is back').length]).toEqual([1, 1]);
  });

  it('says of each damaged profile once that it is, and of which, whatever other servers said', async () => {
    const home = writeHome();
    for (const name of ['coder', 'writer'])
      writeFileSync(join(home, 'profiles', name, 'state.db'), 'no database'.repeat(1000));
    for (let servers = 0; servers < 2; servers++) {
      const { server, log } = await serverWithLog({ STATE_DB: join(home, 'state.db'), PROFILES: 'on' });
      for (const name of ['coder', 'writer', 'coder', 'writer'])
        expect((await server.get(`/v1/sessions?profile=${name}`)).body).toMatchObject({
          error: { code: 'store_corrupt' },
        });
      const failed = log.filter(({ msg }) => msg === 'failed');
      expect(failed).toMatchObject([
        { level: 'error', profile: 'coder' },
        { level: 'error', profile: 'writer' },
      ]);
    }
  });

  it('has a short warning of a history that is busy', async () => {
    const { path, server, lines } = await set();
    const agent = new Database(path);
    agent.exec('BEGIN IMMEDIATE');
    const { body } = await server.patch('/v1/sessions/plain', { title: 'Later' });
    agent.exec('ROLLBACK');
    agent.close();
    expect(body).toMatchObject({ error: { code: 'store_busy' } });
    const refused = lines().filter(({ code }) => code === 'store_busy');
    expect(refused).toMatchObject([{ level: 'warn', msg: 'refused' }]);
    expect(refused[0]).not.toHaveProperty('err');
  });
});
