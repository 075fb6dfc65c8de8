import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { hour, onceWritten } from '../support/histories.js';
import { ORIGIN, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

describe("a clean-up in the words of Hermes's dashboard", () => {
  const PRUNE = '/dashboard/api/sessions/prune';
  const TAKEN = ['big', 'small'];
  let server: TestServer;

  beforeAll(async () => {
    const stateDb = onceWritten('to be selected', (file) => {
      const writer = HistoryWriter.create(file, 25);
      const common = { source: 'cli', ended_at: hour(-4000), end_reason: 'user_exit' };
      writer.addSession({
        ...{
          ...common,
          id: 'big',
          started_at: hour(-5000),
          title: 'Garden 100% plan',
          model: 'vendor/Large',
        },
        ...{ user_id: 'ana', end_reason: 'idle', message_count: 30, tool_call_count: 4, input_tokens: 900 },
        ...{
          output_tokens: 100,
          actual_cost_usd: 2,
          cwd: '/work/garden',
          chat_id: 'c1',
          git_branch: 'Fix-x',
        },
        billing_provider: 'Nous',
      });
      writer.addSession({ ...common, id: 'small', started_at: hour(-4500), message_count: 1 });
      writer.addSession({ ...common, id: 'pinned', started_at: hour(-4600), pinned: 1 });
      writer.addSession({ id: 'open', source: 'cli', started_at: hour(-4600) });
      writer.close();
    });
    server = await TestServer.start(stateDb);
  });

  afterAll(() => server.close());

  async function selected(criteria: object): Promise<readonly string[]> {
    const { body } = await server.post(PRUNE, { ...criteria, dry_run: true });
    return (body as { sessions: readonly { id: string }[] }).sessions.map(({ id }) => id).sort();
  }

  it('takes what has rested for long where nothing else is named', async () => {
    expect(await selected({})).toEqual(TAKEN);
    expect(await selected({ source: '', min_cost: null })).toEqual(TAKEN);
    expect(await selected({ older_than_days: 36_500 })).toEqual([]);
    expect(await selected({ older_than_days: 36_500, started_after: 0 })).toEqual(TAKEN);
  });

  it('needs a body, and the name of a profile where one is meant', async () => {
    const lost = await server.http.post(PRUNE).set('Authorization', `Bearer ${TEST_KEY}`);
    expect(lost.status).toBe(400);
    for (const profile of [['work'], 5, {}, true])
      expect((await server.post(PRUNE, { dry_run: true, profile })).status).toBe(400);
    expect((await server.post(`${PRUNE}?profile=nowhere`, { dry_run: true })).status).toBe(404);
    expect((await server.post('/dashboard/api/sessions/bulk-delete', { ids: [], profile: 5 })).status).toBe(
      400,
    );
    expect((await server.patch('/dashboard/api/sessions/big', { title: 'x', profile: 5 })).status).toBe(400);
    expect((await server.patch('/dashboard/api/sessions/big', { title: ['x'] })).status).toBe(400);
    expect(await selected({})).toEqual(TAKEN);
  });

  it.each([
    ['post', `${PRUNE}?dry_run=true`, {}],
    ['post', `${PRUNE}?source=cli&profile=default`, {}],
    ['delete', '/dashboard/api/sessions/empty?dry_run=true', {}],
    ['delete', '/dashboard/api/sessions/empty', { dry_run: true }],
  ] as const)('is refused with what it would ignore: %s %s %j', async (method, path, body) => {
    const answer = await server.http[method](path).set('Authorization', `Bearer ${TEST_KEY}`).send(body);
    expect([answer.status, answer.body]).toEqual([
      400,
      { detail: expect.stringMatching(/^(dry_run|source) is not known here/) },
    ]);
    expect(await selected({})).toEqual(TAKEN);
  });

  it.each<readonly [object, object]>([
    [{ started_before: hour(-4700) }, { started_before: hour(-5000) }],
    [{ started_after: hour(-5000), started_before: hour(-4900) }, { started_after: hour(-4400) }],
    [{ title_like: 'GARDEN 100%' }, { title_like: 'garden_100' }],
    [{ model_like: 'large' }, { model_like: 'vendor%' }],
    [{ end_reason: 'idle' }, { end_reason: 'IDLE' }],
    [{ user_id: 'ana' }, { user_id: 'a' }],
    [{ min_messages: 30 }, { min_messages: 31 }],
    [{ min_tokens: 1000, max_tokens: 1000 }, { min_tokens: 1001 }],
    [{ min_cost: 2, max_cost: '2' }, { min_cost: 2.1 }],
    [{ min_tool_calls: 4, max_tool_calls: 4 }, { min_tool_calls: 5 }],
  ])('selects one by %j, and none by %j', async (one, none) => {
    expect(await selected(one)).toEqual(['big']);
    expect(await selected(none)).toEqual([]);
  });

  it.each(['tokens', 'cost', 'tool_calls'])('selects by the most %s', async (what) => {
    expect(await selected({ [`max_${what}`]: 0 })).toEqual(['small']);
  });

  it.each<readonly [object, object]>([
    [{ cwd_prefix: '/work' }, { cwd_prefix: '/wor' }],
    [{ chat_id: 'c1' }, { chat_id: 'c' }],
    [{ provider: 'nous' }, { provider: 'nou' }],
    [{ branch_like: 'fix-' }, { branch_like: 'fix_' }],
    [{ cwd_prefix: '/work/garden', title_like: 'plan' }, { chat_type: 'group' }],
  ])("selects by a row's columns %j, or says that they are at its host", async (one, none) => {
    if (ORIGIN === null) {
      expect(await selected(one)).toEqual(['big']);
      expect(await selected(none)).toEqual([]);
      return;
    }
    for (const criteria of [one, none]) {
      const { status, body } = await server.post(PRUNE, criteria);
      expect([status, body]).toMatchObject([409, { detail: expect.stringContaining('does not keep this') }]);
    }
  });

  it.each<readonly [object, string]>([
    [{ older_than_days: 0 }, 'older_than_days must be >= 1'],
    [{ older_than_days: 'old' }, 'older_than_days must be a number'],
    [{ max_messages: [] }, 'max_messages must be a number'],
    [{ title_like: 7 }, 'title_like must be a string'],
    [{ dry_run: 'true' }, 'dry_run must be a boolean'],
    [{ include_archived: 1 }, 'include_archived must be a boolean'],
  ])('takes nothing for %j', async (asked, detail) => {
    const { status, body } = await server.post(PRUNE, { ...asked });
    expect([status, body]).toEqual([400, { detail }]);
    expect(await selected({})).toEqual(TAKEN);
  });

  it('tells what it would take from the plan alone', async () => {
    const get = jest.spyOn(server.app.get(SessionsRepository, { strict: false }), 'get');
    const { body } = await server.post(PRUNE, { dry_run: true });
    const times = { started_at: hour(-5000), last_active: hour(-5000) };
    expect(body).toMatchObject({
      ...{ ok: true, removed: 0, matched: 2, oldest_last_active: hour(-5000) },
      ...{ oldest_started_at: hour(-5000), newest_started_at: hour(-4500) },
      sessions: [
        {
          ...{ id: 'big', source: 'cli', title: 'Garden 100% plan', model: 'vendor/Large' },
          ...{ ...times, message_count: 30 },
        },
        { id: 'small', title: null, model: null, message_count: 1 },
      ],
    });
    expect(get).not.toHaveBeenCalled();
    get.mockRestore();
  });
});
