import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { TestServer } from '../support/server.js';

/** Conversations that have ended, one a day since day 0, besides what every small history has. */
const ENDED = [
  { id: 'cron-0', source: 'cron', title: null, messages: 1 },
  { id: 'cli-1', source: 'cli', title: 'A day in the garden', messages: 6 },
  { id: 'cron-2', source: 'cron', title: null, messages: 2, pinned: 1 },
  { id: 'cli-3', source: 'cli', title: null, messages: 3, archived: 1 },
  { id: 'open-4', source: 'cli', title: null, messages: 1, ended_at: null },
  { id: 'cli-5', source: 'cli', title: null, messages: 1 },
] as const;

const DAY_0 = -24 * 365;

function day(number: number): string {
  return new Date(hour(DAY_0 + 24 * number) * 1000).toISOString();
}

describe.each([
  ['small', 'wal', (path: string) => path],
  ['large', 'delete', withManySessions],
] as const)('pruning a %s history in %s mode', (_size, mode, grown) => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = grown(smallHistory(25, mode));
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      ENDED.forEach(({ messages, ...session }, number) => {
        const startedAt = hour(DAY_0 + 24 * number);
        writer.addSession({
          ended_at: startedAt + 60,
          end_reason: 'user_exit',
          ...session,
          started_at: startedAt,
        });
        for (let at = 0; at < messages; at++)
          say(writer, session.id, 'user', `Message ${at}`, startedAt + at);
      });
      writer.addSession({
        id: 'cron-0-delegate',
        source: 'subagent',
        started_at: hour(DAY_0),
        parent_session_id: 'cron-0',
        model_config: '{"_delegate_from": "cron-0"}',
      });
    });
    writer.close();
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterEach(() => server.close());

  async function prune(body: object): Promise<PruneSessionsResponse> {
    const response = await server.post('/v1/sessions/prune', body);
    expect([response.status, response.body]).toEqual([200, expect.anything()]);
    return response.body as PruneSessionsResponse;
  }

  const before = { last_active_before: day(6) };

  it.each<[string, object, readonly string[]]>([
    ['by age', before, ['cron-0', 'cli-1', 'cli-3', 'cli-5']],
    ['by an earlier age', { last_active_before: day(3) }, ['cron-0', 'cli-1']],
    ['by platform', { ...before, platform: ['cron'] }, ['cron-0']],
    ['by platforms, none of which exists', { ...before, platform: ['nowhere', 'elsewhere'] }, []],
    ['by messages', { ...before, max_messages: 1 }, ['cron-0', 'cli-5']],
    ['without a title', { ...before, titled: false }, ['cron-0', 'cli-3', 'cli-5']],
    ['with a title', { ...before, titled: true }, ['cli-1']],
    ['archived', { ...before, archived: true }, ['cli-3']],
    ['not archived', { ...before, archived: false }, ['cron-0', 'cli-1', 'cli-5']],
    ['pinned as well', { ...before, include_pinned: true }, ['cron-0', 'cli-1', 'cron-2', 'cli-3', 'cli-5']],
    ['open as well', { ...before, include_open: true }, ['cron-0', 'cli-1', 'cli-3', 'open-4', 'cli-5']],
  ])('%s: a dry run tells what would go, and changes nothing', async (_name, criteria, ids) => {
    const body = { ...criteria, ...('include_open' in criteria ? { platform: ['cli', 'cron'] } : {}) };
    const answer = await prune(body);
    const chosen = ENDED.filter(({ id }) => ids.includes(id));
    expect(answer).toEqual({
      object: 'hermes.session.prune',
      action: 'delete',
      dry_run: true,
      count: ids.length,
      messages: chosen.reduce((sum, { messages }) => sum + messages, 0),
      estimated_bytes: ids.length === 0 ? 0 : expect.any(Number),
      ids,
      plan: expect.stringMatching(/^[\w-]{32}$/),
      remaining: 0,
      failed: [],
    });
    for (const id of ids) expect((await server.get(`/v1/sessions/${id}`)).status).toBe(200);
    expect((await prune(body)).plan).toBe(answer.plan);
  });

  it('older_than counts from now', async () => {
    expect((await prune({ older_than: '1w', platform: ['cron'] })).ids).toEqual(['cron-0']);
    expect((await prune({ older_than: '9999w', platform: ['cron'] })).count).toBe(0);
  });

  it('takes exactly what the plan named, with delegates and chains', async () => {
    const { plan, messages } = await prune(before);
    const answer = await prune({ ...before, dry_run: false, plan });
    expect(answer).toMatchObject({
      dry_run: false,
      count: 4,
      messages,
      plan: null,
      remaining: 0,
      failed: [],
    });
    for (const id of ['cron-0', 'cron-0-delegate', 'cli-1', 'cli-3', 'cli-5'])
      expect([id, (await server.get(`/v1/sessions/${id}`)).status]).toEqual([id, 404]);
    for (const id of ['cron-2', 'open-4', 'plain', 'chain-1'])
      expect([id, (await server.get(`/v1/sessions/${id}`)).status]).toEqual([id, 200]);
    expect((await prune(before)).count).toBe(0);
    const chains = { include_open: true, titled: false, platform: ['telegram'] };
    const chain = await prune(chains);
    expect([chain.ids, chain.messages]).toEqual([['chain-3'], 6]);
    await prune({ ...chains, dry_run: false, plan: chain.plan });
    for (const id of ['chain-1', 'chain-2', 'chain-3'])
      expect((await server.get(`/v1/sessions/${id}`)).status).toBe(404);
    const db = new Sqlite(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.exec("INSERT INTO messages_fts(messages_fts, rank) VALUES ('integrity-check', 1)");
    db.close();
  });

  it('archives by the same criteria', async () => {
    const body = { ...before, archived: false, action: 'archive' };
    const { plan } = await prune(body);
    expect(await prune({ ...body, dry_run: false, plan })).toMatchObject({ action: 'archive', count: 3 });
    for (const id of ['cron-0', 'cli-1', 'cli-5'])
      expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({ archived: true });
    expect((await prune(body)).count).toBe(0);
  });

  it('refuses a plan when the selection is another by now, or the plan one of another action', async () => {
    const { plan } = await prune(before);
    const writer = HistoryWriter.open(path);
    say(writer, 'cli-1', 'user', 'I am back', hour(100));
    writer.close();
    for (const body of [
      { ...before, plan },
      { ...before, plan: 'made-up' },
      { last_active_before: day(3), plan },
      { ...before, action: 'archive', plan },
    ]) {
      const refused = await server.post('/v1/sessions/prune', { ...body, dry_run: false });
      expect([refused.status, refused.body]).toMatchObject([
        409,
        { error: { type: 'conflict_error', code: 'plan_changed', param: 'plan' } },
      ]);
    }
    expect((await server.get('/v1/sessions/cron-0')).status).toBe(200);
  });

  it('leaves alone what an agent is in the middle of, and says so', async () => {
    const writer = HistoryWriter.open(path);
    writer.db
      .prepare(
        "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES ('cli-1', 'agent', 0, ?)",
      )
      .run(Date.now() / 1000 + 3600);
    writer.close();
    const { plan } = await prune(before);
    const answer = await prune({ ...before, dry_run: false, plan });
    expect(answer).toMatchObject({ count: 3, ids: ['cron-0', 'cli-3', 'cli-5'] });
    expect(answer.failed).toEqual([
      { id: 'cli-1', ok: false, error: expect.objectContaining({ code: 'session_busy' }) },
    ]);
    expect((await server.get('/v1/sessions/cli-1')).status).toBe(200);
  });

  it.each([
    [{}, 'empty_selection', null],
    [{ include_open: true, include_pinned: true }, 'empty_selection', null],
    [{ ...before, action: 'purge' }, 'invalid_parameter', 'action'],
    [{ ...before, dry_run: 'no' }, 'invalid_parameter', 'dry_run'],
    [{ ...before, dry_run: false }, 'invalid_parameter', 'plan'],
    [{ ...before, plan: 7 }, 'invalid_parameter', 'plan'],
    [{ platform: 'cron' }, 'invalid_parameter', 'platform'],
    [{ platform: [] }, 'invalid_parameter', 'platform'],
    [{ older_than: '90' }, 'invalid_parameter', 'older_than'],
    [{ older_than: 90 }, 'invalid_parameter', 'older_than'],
    [{ last_active_before: 'yesterday' }, 'invalid_parameter', 'last_active_before'],
    [{ last_active_before: 0 }, 'invalid_parameter', 'last_active_before'],
    [{ last_active_before: null }, 'invalid_parameter', 'last_active_before'],
    [{ max_messages: -1 }, 'invalid_parameter', 'max_messages'],
    [{ max_messages: 1.5 }, 'invalid_parameter', 'max_messages'],
    [{ titled: null }, 'invalid_parameter', 'titled'],
    [{ archived: 'any' }, 'invalid_parameter', 'archived'],
    [{ ...before, user: 'ana' }, 'unknown_parameter', 'user'],
  ])('refuses %j', async (body, code, param) => {
    const response = await server.post('/v1/sessions/prune', body);
    expect([response.status, response.body]).toMatchObject([400, { error: { code, param } }]);
  });
});
