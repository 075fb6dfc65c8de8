import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { runSql } from '../support/database.js';
import { hour, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';
import { until } from '../support/wait.js';

const OLD = {
  last_active_before: new Date((hour(8) + 10) * 1000).toISOString(),
  platform: ['telegram', 'cli'],
};

describe('a clean-up of what several hosts have', () => {
  let host: ShippedHost;
  let server: TestServer;

  const inFile = (sql: string): readonly unknown[] => {
    const writer = HistoryWriter.open(host.path);
    const rows = writer.db.prepare(sql).pluck().all();
    writer.close();
    return rows;
  };
  const chain = (): readonly unknown[] =>
    inFile("SELECT id FROM sessions WHERE id LIKE 'chain-%' ORDER BY id");
  const outcomes = (): Promise<readonly Record<string, unknown>[]> =>
    runSql(host.url, 'SELECT DISTINCT state, reason FROM commands');
  const prune = async (body: object = OLD): Promise<void> => {
    const { body: plan } = await server.post('/v1/sessions/prune', body);
    const { plan: token, ids } = plan as { plan: string; ids: readonly string[] };
    expect(ids).toContain('chain-3');
    const done = await server.post('/v1/sessions/prune', { ...body, plan: token, dry_run: false });
    expect([done.status, done.body]).toEqual([200, expect.objectContaining({ failed: [] })]);
    expect((await server.get('/v1/sessions/chain-1')).status).toBe(404);
  };

  beforeEach(async () => {
    host = await ShippedHost.start(smallHistory(25));
    host.run(`UPDATE sessions SET ended_at = ${hour(8)}, end_reason = 'user_exit' WHERE id = 'chain-3'`);
    await host.settled();
    server = await TestServer.onDatabase(host.url);
    await host.offline();
  });

  afterEach(async () => {
    await host.offline();
    await server.close();
  });

  describe('whose hosts make it later', () => {
    it('takes a conversation there that is as it was', async () => {
      await server.patch('/v1/sessions/chain-3', { pinned: true });
      await prune({ ...OLD, include_pinned: true });
      await host.online();
      expect(chain()).toEqual([]);
      expect(await outcomes()).toEqual([{ state: 'applied', reason: null }]);
    });

    const say = `INSERT INTO messages (session_id, role, content, timestamp) VALUES ('chain-3', 'user', 'I go on', ${hour(90)})`;
    const GONE_ON = [
      ['somebody has said something in', say],
      ['was pinned', "UPDATE sessions SET pinned = 1 WHERE id LIKE 'chain-%'"],
      ['was resumed', "UPDATE sessions SET ended_at = NULL, end_reason = NULL WHERE id = 'chain-3'"],
      [
        'goes on in another session',
        `UPDATE sessions SET end_reason = 'compression' WHERE id = 'chain-3';
        INSERT INTO sessions (id, source, parent_session_id, started_at) VALUES ('chain-4', 'cli', 'chain-3', ${hour(91)})`,
      ],
      [
        'has handed work to another session',
        `INSERT INTO sessions (id, source, parent_session_id, started_at, model_config)
          VALUES ('worker', 'subagent', 'chain-3', ${hour(91)}, '{"_delegate_from": "chain-3"}')`,
      ],
    ] as const;
    it.each(GONE_ON)('spares a conversation there that %s meanwhile, and shows it again', async (_, sql) => {
      await prune();
      host.run(sql);
      const before = chain();
      await host.online();
      await host.settled();
      expect(chain()).toEqual(before);
      expect(await outcomes()).toContainEqual({ state: 'refused', reason: 'plan_changed' });
      for (const id of before)
        expect([id, (await server.get(`/v1/sessions/${String(id)}`)).status]).toEqual([id, 200]);
      expect(await server.json('/v1/sessions/chain-1')).toMatchObject({ chain_length: before.length });
    });

    it('spares a session without messages that has some by then', async () => {
      await host.online();
      host.run("UPDATE sessions SET ended_at = started_at WHERE id = 'empty'");
      await host.settled();
      await host.offline();
      expect((await server.delete('/dashboard/api/sessions/empty')).body).toMatchObject({ deleted: 1 });
      host.run(
        `INSERT INTO messages (session_id, role, content, timestamp) VALUES ('empty', 'user', 'Well', ${hour(90)})`,
      );
      await host.online();
      await host.settled();
      expect(inFile("SELECT content FROM messages WHERE session_id = 'empty'")).toEqual(['Well']);
      expect((await server.get('/v1/sessions/empty')).status).toBe(200);
    });
  });

  it('leaves a whole conversation alone that goes on at its host in another session', async () => {
    expect((await server.delete('/v1/sessions/chain-3?lineage=true')).status).toBe(200);
    host.run(`UPDATE sessions SET end_reason = 'compression' WHERE id = 'chain-3';
      INSERT INTO sessions (id, source, parent_session_id, started_at) VALUES ('chain-4', 'cli', 'chain-3', ${hour(91)})`);
    await host.online();
    await until(async () => (await server.get('/v1/sessions/chain-1')).status === 200);
    expect(chain()).toHaveLength(4);
  });

  describe('of which one is still arriving', () => {
    beforeEach(() => runSql(host.url, 'UPDATE histories SET is_loaded = false'));

    it('takes nothing of it, and says so', async () => {
      const refused = {
        status: 503,
        body: {
          error: { code: 'store_unavailable', message: expect.stringContaining('still arriving') as unknown },
        },
      };
      for (const action of ['delete', 'archive'])
        expect(await server.post('/v1/sessions/prune', { ...OLD, action })).toMatchObject(refused);
      expect(await server.delete('/v1/sessions/chain-3?lineage=true')).toMatchObject(refused);
      await runSql(host.url, "UPDATE sessions SET ended_at = started_at WHERE id = 'empty'");
      expect((await server.delete('/dashboard/api/sessions/empty')).body).toMatchObject({ deleted: 0 });
      expect(await runSql(host.url, 'SELECT * FROM commands')).toEqual([]);
    });

    it('takes what others have, and names it', async () => {
      await runSql(
        host.url,
        `INSERT INTO histories (origin, profile, is_default, can_archive, can_pin, can_delete, is_loaded)
          VALUES ('other', 'default', true, true, true, true, true)`,
      );
      expect((await server.post('/v1/sessions/prune', OLD)).body).toMatchObject({
        ...{ count: 0, unavailable_profiles: ['default'] },
      });
    });

    it('lets a session go that is named', async () => {
      expect((await server.delete('/v1/sessions/plain')).status).toBe(200);
    });
  });
});
