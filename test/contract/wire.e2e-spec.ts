import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SCHEMA_VERSIONS } from '../../src/demo/state-db/schema.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import type {
  WireMessageListResponse,
  WireSessionEnvelope,
  WireSessionListResponse,
} from '../../src/wire/wire.response.js';
import { hour, onceWritten, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe.each(SCHEMA_VERSIONS)("Hermes's own shapes on schema version %i", (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  it('list conversations, newest activity first, in epoch seconds', async () => {
    const ours = await server.json<{ data: readonly { id: string }[]; total: number }>(
      '/v1/sessions?limit=50',
    );
    const list = await server.json<WireSessionListResponse>('/api/sessions');
    expect(list).toMatchObject({ object: 'list', limit: 50, offset: 0, has_more: false });
    expect(list.data.map(({ id }) => id)).toEqual(ours.data.map(({ id }) => id));
    expect(list.data.find(({ id }) => id === 'plain')).toEqual({
      id: 'plain',
      source: 'cli',
      user_id: 'ana',
      model: 'openai/gpt-5',
      title: 'Garden irrigation',
      started_at: hour(1),
      ended_at: hour(2),
      end_reason: 'user_exit',
      message_count: 4,
      tool_call_count: 1,
      ...(await server.json<{ usage: object }>('/v1/sessions/plain')).usage,
      input_tokens: 1200,
      estimated_cost_usd: 0.25,
      actual_cost_usd: null,
      parent_session_id: null,
      last_active: hour(1) + 20,
      preview: 'How often should I water <b>tomatoes</b> & basil?',
      _lineage_root_id: 'plain',
      pinned: false,
      archived: false,
    });
    expect(list.data.find(({ id }) => id === 'chain-3')).toMatchObject({
      source: 'telegram',
      _lineage_root_id: 'chain-1',
    });
  });

  it.each([
    ['limit=2&offset=1', 2, 1],
    ['limit=500', 200, 0],
    ['limit=many&offset=-1&cache_buster=1', 50, 0],
    ['source=telegram', 50, 0],
    ['include_children=true', 50, 0],
  ])('page and filter by %s, and ignore what Hermes ignores', async (query, limit, offset) => {
    const list = await server.json<WireSessionListResponse>(`/api/sessions?${query}`);
    expect([list.limit, list.offset]).toEqual([limit, offset]);
    const same = new URLSearchParams({ limit: String(limit), offset: String(offset) });
    if (query.startsWith('source')) same.set('platform', 'telegram');
    if (query.startsWith('include')) same.set('include_children', 'true');
    const ours = await server.json<{ data: readonly { id: string }[]; has_more: boolean }>(
      `/v1/sessions?${same.toString()}`,
    );
    expect(list.data.map(({ id }) => id)).toEqual(ours.data.map(({ id }) => id));
    expect(list.has_more).toBe(ours.has_more);
  });

  it('read a transcript, that of the session in which a compressed conversation lives on', async () => {
    const whole = await server.json<WireMessageListResponse>('/api/sessions/plain/messages');
    expect(whole).toMatchObject({
      object: 'list',
      session_id: 'plain',
      pagination: { limit: 500, offset: 0, order: 'latest', returned: 4 },
    });
    expect(whole).not.toHaveProperty('requested_session_id');
    expect(whole.data.map(({ role, timestamp, session_id }) => [role, timestamp, session_id])).toEqual([
      ['user', hour(1), 'plain'],
      ['assistant', hour(1) + 10, 'plain'],
      ['tool', hour(1) + 11, 'plain'],
      ['assistant', hour(1) + 20, 'plain'],
    ]);
    const [first, ...rest] = whole.data;
    const part = async (query: string): Promise<readonly unknown[]> =>
      (await server.json<WireMessageListResponse>(`/api/sessions/plain/messages?${query}`)).data;
    expect(await part('limit=3')).toEqual(rest);
    expect(await part('limit=1&order=oldest')).toEqual([first]);
    expect(await part('limit=1&offset=3')).toEqual([first]);
    const chain = await server.json<WireMessageListResponse>('/api/sessions/chain-1/messages');
    expect(chain).toMatchObject({ session_id: 'chain-3', requested_session_id: 'chain-1' });
    expect(chain.data[0]).toMatchObject({ content: 'The keeper writes a letter' });
  });
});

describe.each(SCHEMA_VERSIONS)("a session in Hermes's own shapes on schema version %i", (version) => {
  it('show, rename and delete one session', async () => {
    const server = await TestServer.start(smallHistory(version));
    expect(await server.json('/api/sessions/plain')).toMatchObject({
      object: 'hermes.session',
      session: { id: 'plain', title: 'Garden irrigation', started_at: hour(1) },
    });
    const { status, body } = await server.patch('/api/sessions/plain', { title: 'Tomatoes' });
    expect([status, body]).toMatchObject([200, { object: 'hermes.session', session: { title: 'Tomatoes' } }]);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Tomatoes' });
    expect((await server.delete('/api/sessions/plain')).body).toEqual({
      object: 'hermes.session.deleted',
      id: 'plain',
      deleted: true,
    });
    const gone = await server.get('/api/sessions/plain');
    expect([gone.status, gone.body]).toMatchObject([404, { error: { code: 'session_not_found' } }]);
    expect((await server.patch('/api/sessions/branch', { end_reason: 'x' })).status).toBe(400);
    await server.close();
  });
});

describe("what Hermes's own shapes show of what is stored", () => {
  /** Times as Hermes's clock gives them: more digits than milliseconds have. */
  const [start, spoken, end] = [1_777_593_600.1234567, 1_777_593_607.7654321, 1_777_593_610.0000005];
  let server: TestServer;

  beforeAll(async () => {
    const stateDb = onceWritten('times with all their digits', (path) => {
      const writer = HistoryWriter.create(path, 25);
      writer.addSession({ id: 'exact', source: 'cli', started_at: start, ended_at: end, input_tokens: 12 });
      say(writer, 'exact', 'user', 'What time is it?', spoken);
      writer.addSession({ id: 'other', source: 'cli', started_at: hour(5), output_tokens: 7 });
      writer.close();
    });
    server = await TestServer.start(stateDb);
  });

  afterAll(() => server.close());

  it('are seconds with all their digits', async () => {
    const times = { started_at: start, ended_at: end, last_active: spoken };
    const list = await server.json<WireSessionListResponse>('/api/sessions');
    expect(list.data.find(({ id }) => id === 'exact')).toMatchObject(times);
    const { session } = await server.json<WireSessionEnvelope>('/api/sessions/exact');
    expect(session).toMatchObject(times);
    const { data } = await server.json<WireMessageListResponse>('/api/sessions/exact/messages');
    expect(data.map(({ timestamp }) => timestamp)).toEqual([spoken]);
  });

  it('is read with the list, not session by session', async () => {
    const get = jest.spyOn(server.app.get(SessionsRepository), 'get');
    const list = await server.json<WireSessionListResponse>('/api/sessions');
    expect(get).not.toHaveBeenCalled();
    get.mockRestore();
    expect(list.data).toMatchObject([
      { id: 'other', input_tokens: 0, output_tokens: 7 },
      { id: 'exact', input_tokens: 12, output_tokens: 0 },
    ]);
  });
});
