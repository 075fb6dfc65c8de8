import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

/** Takes SQLite's indexes of words some hundred milliseconds to forget. */
const LONG = Array.from({ length: 120_000 }, (_, at) => `word${at}`).join(' ');

describe.each(['wal', 'delete'] as const)('a deletion that takes long, of a file in %s mode', (mode) => {
  let agent: HistoryWriter;
  let server: TestServer;

  beforeEach(async () => {
    const path = smallHistory(25, mode);
    agent = HistoryWriter.open(path);
    for (const id of ['long', 'longer']) {
      agent.addSession({
        id,
        source: 'cli',
        started_at: hour(40),
        ended_at: hour(41),
        end_reason: 'user_exit',
      });
      for (const turn of [1, 2]) say(agent, id, 'user', `${LONG} ${id}`, hour(40) + turn);
    }
    server = await TestServer.start(path, { TRASH_DIR: `${temporaryFolder()}/trash` });
  });

  afterEach(async () => {
    await server.close();
    agent.close();
  });

  /** Whether somebody holds the lock at this moment, which is asked by the thread that answers. */
  function isLocked(): boolean {
    agent.db.pragma('busy_timeout = 0');
    try {
      agent.db.exec('BEGIN IMMEDIATE; ROLLBACK');
      return false;
    } catch {
      return true;
    }
  }

  function expectWhole(): void {
    expect(agent.db.pragma('integrity_check', { simple: true })).toBe('ok');
    for (const index of ['messages_fts', 'messages_fts_trigram'])
      agent.db.exec(`INSERT INTO ${index}(${index}, rank) VALUES ('integrity-check', 1)`);
  }

  const left = (): unknown =>
    agent.db
      .prepare("SELECT session_id FROM messages WHERE session_id LIKE 'long%' GROUP BY 1")
      .pluck()
      .all();

  it('keeps nobody waiting who asks for something else', async () => {
    await server.json('/v1/sessions');
    const deleted = server.delete('/v1/sessions/long');
    const answered = deleted.then((answer) => answer);
    // Where the thread that answers made it, nothing of this thread would run meanwhile.
    await until(isLocked, 'The lock of the deletion');
    expect((await answered).status).toBe(200);
    expect((await server.get('/v1/sessions/long')).status).toBe(404);
    expect(await server.json('/v1/sessions?search=word77')).toMatchObject({ total: 1 });
    expect(left()).toEqual(['longer']);
    expectWhole();
  });

  it('is one of many, each with an outcome', async () => {
    const ids = ['plain', 'long', 'nobody', 'longer', 'branch'];
    const { body } = await server.post('/v1/sessions/bulk', { action: 'delete', ids });
    expect(body).toMatchObject({
      data: ids.map((id) => ({ id, ok: id !== 'nobody' })),
      succeeded: 4,
      failed: 1,
    });
    expect(left()).toEqual([]);
    expectWhole();
  });

  it('is part of a clean-up, and of what goes into the trash and comes back', async () => {
    const { body } = await server.delete('/v1/sessions/long?trash=true');
    expect(body).toMatchObject({ deleted: true });
    const { trash_id: id } = body as { readonly trash_id: string };
    expect((await server.post(`/v1/trash/${id}/restore`, {})).status).toBe(200);
    expect(left()).toEqual(['long', 'longer']);
    const selection = { last_active_before: '2100-01-01' };
    const plan = await server.post('/v1/sessions/prune', selection);
    const pruned = await server.post('/v1/sessions/prune', {
      ...selection,
      dry_run: false,
      plan: (plan.body as { readonly plan: string }).plan,
    });
    expect((pruned.body as PruneSessionsResponse).failed).toEqual([]);
    expect(left()).toEqual([]);
    expectWhole();
  });
});
