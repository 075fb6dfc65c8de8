import { statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import { kindsOfFile } from '../support/breadth.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { ORIGIN, TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

/** Conversations that have ended, one a day since day 0, besides what every small history has. */
const ENDED = [
  { id: 'cron-0', source: 'cron', title: null, messages: 1 },
  { id: 'cli-1', source: 'cli', title: 'A day in the garden', messages: 6 },
  { id: 'cron-2', source: 'cron', title: null, messages: 2, pinned: 1 },
  { id: 'cli-3', source: 'cli', title: null, messages: 3, archived: 1 },
  { id: 'open-4', source: 'cli', title: null, messages: 1, ended_at: null },
  { id: 'cli-5', source: 'cli', title: null, messages: 1 },
] as const;

/** Worked for the first of them. */
const DELEGATE = { id: 'cron-0-delegate', source: 'subagent', parent_session_id: 'cron-0' } as const;

const DAY_0 = -24 * 365;

function day(number: number): string {
  return new Date(hour(DAY_0 + 24 * number) * 1000).toISOString();
}

/** A history with what {@link ENDED} says. */
function historyToPrune(mode: 'wal' | 'delete', grown: (path: string) => string): string {
  const path = grown(smallHistory(25, mode));
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
      for (let at = 0; at < messages; at++) say(writer, session.id, 'user', `Message ${at}`, startedAt + at);
    });
    writer.addSession({
      ...DELEGATE,
      started_at: hour(DAY_0),
      ended_at: hour(DAY_0) + 30,
      model_config: '{"_delegate_from": "cron-0"}',
    });
    say(writer, DELEGATE.id, 'user', 'Look at the logs', hour(DAY_0));
    say(writer, DELEGATE.id, 'assistant', 'They are fine', hour(DAY_0) + 1);
  });
  writer.close();
  return path;
}

function messagesIn(path: string): number {
  const db = new Sqlite(path, { readonly: true });
  try {
    return Number(db.prepare('SELECT count(*) FROM messages').pluck().get());
  } finally {
    db.close();
  }
}

async function pruneAt(server: TestServer, body: object): Promise<PruneSessionsResponse> {
  const response = await server.post('/v1/sessions/prune', body);
  expect([response.status, response.body]).toEqual([200, expect.anything()]);
  return response.body as PruneSessionsResponse;
}

const before = { last_active_before: day(6) };

/** More than are read in one go. */
const MANY = 600;

const HISTORIES = [
  ['small', 'wal', (path: string) => path],
  ['large', 'delete', (path: string) => withManySessions(path, MANY)],
] as const;

const PRUNED = kindsOfFile(HISTORIES, HISTORIES.slice(0, 1));

describe.each(HISTORIES)('what pruning a %s history in %s mode would do', (size, mode, grown) => {
  let server: TestServer;
  let bytesOfMessage: number;

  beforeAll(async () => {
    const path = historyToPrune(mode, grown);
    bytesOfMessage = statSync(path).size / messagesIn(path);
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterAll(() => server.close());

  const prune = (body: object): Promise<PruneSessionsResponse> => pruneAt(server, body);

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
    const delegates = ids.includes('cron-0') ? [DELEGATE.id] : [];
    const messages = chosen.reduce((sum, one) => sum + one.messages, 2 * delegates.length);
    expect(answer).toEqual({
      object: 'hermes.session.prune',
      action: 'delete',
      dry_run: true,
      count: ids.length,
      messages,
      // Of the bytes of the file, what its messages are of all.
      estimated_bytes: Math.round(bytesOfMessage * messages),
      ids,
      conversations: ids.map((id) => ({ id, profile: 'default', origin: ORIGIN })),
      delegates: delegates.length,
      delegate_ids: delegates,
      plan: expect.stringMatching(/^[\w-]{32}$/),
      remaining: 0,
      failed: [],
    });
    for (const id of ids) expect((await server.get(`/v1/sessions/${id}`)).status).toBe(200);
    expect((await prune(body)).plan).toBe(answer.plan);
  });

  it('tells of hundreds, the first of them by name', async () => {
    const body = { platform: ['filler', 'cron'], last_active_before: '2100-01-01', include_open: true };
    const { count, messages, ids, plan } = await prune(body);
    const fillers = size === 'large' ? MANY : 0;
    expect({ count, messages }).toEqual({ count: 1 + fillers, messages: 3 + fillers });
    const named = Array.from({ length: Math.min(19, fillers) }, (_, at) => `filler-${at}`);
    expect(ids).toEqual(['cron-0', ...named]);
    expect((await prune(body)).plan).toBe(plan);
    expect((await prune({ ...body, platform: ['filler'] })).plan).not.toBe(plan);
  });

  it('older_than counts from now', async () => {
    expect((await prune({ older_than: '1w', platform: ['cron'] })).ids).toEqual(['cron-0']);
    expect((await prune({ older_than: '9999w', platform: ['cron'] })).count).toBe(0);
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

describe.each(PRUNED)('pruning a %s history in %s mode', (_size, mode, grown) => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = historyToPrune(mode, grown);
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterEach(() => server.close());

  const prune = (body: object): Promise<PruneSessionsResponse> => pruneAt(server, body);

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
    // Its last session has no title, so that it goes by that of its first.
    const chains = { include_open: true, titled: true, platform: ['telegram'] };
    const chain = await prune(chains);
    expect([chain.ids, chain.messages]).toEqual([['chain-3'], 6]);
    await prune({ ...chains, dry_run: false, plan: chain.plan });
    for (const id of ['chain-1', 'chain-2', 'chain-3'])
      expect((await server.get(`/v1/sessions/${id}`)).status).toBe(404);
    await server.settled();
    const db = new Sqlite(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.exec("INSERT INTO messages_fts(messages_fts, rank) VALUES ('integrity-check', 1)");
    db.close();
  });

  it('archives by the same criteria', async () => {
    const body = { ...before, archived: false, action: 'archive' };
    const { plan, delegates } = await prune(body);
    // Archiving takes no delegates along.
    expect(delegates).toBe(0);
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
    await server.settled();
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

  /** Changes rows beside the server, as an agent does. */
  async function write(change: (writer: HistoryWriter) => void): Promise<void> {
    const writer = HistoryWriter.open(path);
    change(writer);
    writer.close();
    await server.settled();
  }

  /** What an agent changes without a message may reach a list half a second later. */
  async function set(id: string, fields: Readonly<Record<string, string | number | null>>): Promise<void> {
    const before = await server.get(`/v1/sessions/${id}`);
    const columns = Object.keys(fields).map((column) => `${column} = ?`);
    await write((writer) =>
      writer.db
        .prepare(`UPDATE sessions SET ${columns.join(', ')} WHERE id = ?`)
        .run(...Object.values(fields), id),
    );
    await until(async () => (await server.get(`/v1/sessions/${id}`)).text !== before.text);
  }

  it.each<[string, string, number | null, object]>([
    ['is pinned', 'pinned', 1, { include_pinned: true }],
    ['has not ended', 'ended_at', null, { include_open: true }],
  ])(
    'a delegate that %s spares whom it worked for, unless told otherwise',
    async (_name, column, value, also) => {
      const cron = { ...before, platform: ['cron'] };
      await set(DELEGATE.id, { [column]: value });
      const { ids, plan } = await prune(cron);
      expect(ids).not.toContain('cron-0');
      await prune({ ...cron, dry_run: false, plan });
      expect((await server.get(`/v1/sessions/${DELEGATE.id}`)).status).toBe(200);
      expect((await prune({ ...cron, ...also })).ids).toContain('cron-0');
    },
  );

  it('a delegate that was at work lately spares whom it worked for', async () => {
    await write((writer) => say(writer, DELEGATE.id, 'assistant', 'One more thing', hour(DAY_0 + 24 * 10)));
    expect((await prune(before)).ids).toEqual(['cli-1', 'cli-3', 'cli-5']);
  });

  it('of a conversation that a race split, an open or busy half spares the other', async () => {
    const continuation = { source: 'cli', parent_session_id: 'half-0', started_at: hour(DAY_0) + 60 };
    await write((writer) => {
      writer.addSession({
        ...{ id: 'half-0', source: 'cli', started_at: hour(DAY_0) },
        ...{ ended_at: hour(DAY_0) + 60, end_reason: 'compression' },
      });
      writer.addSession({
        ...continuation,
        id: 'half-1',
        ended_at: hour(DAY_0) + 90,
        end_reason: 'compression',
      });
      writer.addSession({ ...continuation, id: 'half-2' });
      say(writer, 'half-2', 'user', 'I am still here', hour(DAY_0 + 24 * 10));
    });
    const cli = { ...before, platform: ['cli'] };
    expect((await prune(cli)).ids).toEqual(['cli-1', 'cli-3', 'cli-5']);
    expect((await prune({ ...cli, include_open: true })).ids).not.toContain('half-1');
    expect(await server.json('/v1/sessions?platform=cli&limit=200')).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ id: 'half-1', last_active_at: day(10) }),
      ]) as unknown,
    });
  });

  it('a conversation of more than a thousand parts goes as a whole or not at all', async () => {
    await write((writer) => {
      writer.together(() => {
        for (let number = 0; number < 1100; number++) {
          const isLast = number === 1099;
          const startedAt = isLast ? hour(DAY_0 + 24 * 30) : hour(DAY_0) + number;
          writer.addSession({
            ...{ id: `part-${number}`, source: 'long', started_at: startedAt },
            parent_session_id: number === 0 ? null : `part-${number - 1}`,
            ...(isLast ? { ended_at: null } : { ended_at: startedAt + 1, end_reason: 'compression' }),
          });
        }
      });
    });
    const long = { ...before, platform: ['long'] };
    expect((await prune(long)).count).toBe(0);
    expect((await prune({ ...long, include_open: true })).count).toBe(0);
    const all = { last_active_before: day(40), platform: ['long'], include_open: true };
    const { count, plan } = await prune(all);
    expect(count).toBe(1);
    expect(await prune({ ...all, dry_run: false, plan })).toMatchObject({ count: 1, failed: [] });
    expect(await server.json('/v1/sessions?platform=long&include_children=true')).toMatchObject({ total: 0 });
  });

  it.each([
    ['loses its beginning with a delegate', 'compression', null],
    ['is listed by itself', 'user_exit', { _branched_from: DELEGATE.id, _delegate_from: 'cron-0' }],
  ])('a conversation that %s spares whom the delegate worked for', async (_what, end_reason, config) => {
    await set(DELEGATE.id, { end_reason });
    await write((writer) => {
      writer.addSession({
        ...{ id: 'lives-on', source: 'cli', started_at: hour(DAY_0) + 31, ended_at: hour(DAY_0) + 40 },
        ...{ parent_session_id: DELEGATE.id, end_reason: 'user_exit' },
        model_config: config === null ? null : JSON.stringify(config),
      });
    });
    const cron = { ...before, platform: ['cron'] };
    expect((await prune(cron)).ids).not.toContain('cron-0');
    await prune({ ...cron, dry_run: false, plan: (await prune(cron)).plan });
    expect((await server.get('/v1/sessions/lives-on')).status).toBe(200);
    expect((await server.get(`/v1/sessions/${DELEGATE.id}`)).status).toBe(200);
  });

  it('a session that Hermes ended when it started ages from then', async () => {
    await set('cli-5', { end_reason: 'startup_orphan_reap', ended_at: hour(DAY_0 + 24 * 7) });
    expect((await prune(before)).ids).toEqual(['cron-0', 'cli-1', 'cli-3']);
    expect((await prune({ last_active_before: day(8) })).ids).toContain('cli-5');
  });

  it('refuses a plan where a delegate is another by now', async () => {
    const { plan } = await prune(before);
    await write((writer) => say(writer, DELEGATE.id, 'assistant', 'Late words', hour(DAY_0) + 20));
    expect((await server.post('/v1/sessions/prune', { ...before, dry_run: false, plan })).status).toBe(409);
    const again = await prune(before);
    await write((writer) => {
      writer.addSession({
        ...{ id: 'second', source: 'subagent', started_at: hour(DAY_0), ended_at: hour(DAY_0) + 1 },
        ...{ parent_session_id: DELEGATE.id, model_config: `{"_delegate_from": "${DELEGATE.id}"}` },
      });
    });
    const refused = await server.post('/v1/sessions/prune', { ...before, dry_run: false, plan: again.plan });
    expect(refused.status).toBe(409);
    expect((await prune(before)).delegate_ids).toEqual([DELEGATE.id, 'second']);
  });

  it('leaves alone what an agent is in the middle of, and says so', async () => {
    const writer = HistoryWriter.open(path);
    writer.db
      .prepare(
        "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES ('cli-1', 'agent', 0, ?)",
      )
      .run(Date.now() / 1000 + 3600);
    writer.close();
    await server.settled();
    const { plan } = await prune(before);
    const answer = await prune({ ...before, dry_run: false, plan });
    expect(answer).toMatchObject({ count: 3, ids: ['cron-0', 'cli-3', 'cli-5'] });
    expect(answer.failed).toEqual([
      { id: 'cli-1', ok: false, error: expect.objectContaining({ code: 'session_busy' }) },
    ]);
    expect((await server.get('/v1/sessions/cli-1')).status).toBe(200);
  });
});
