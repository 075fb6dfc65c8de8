import { jest } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { LAYOUTS } from '../support/breadth.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import type {
  HermesMessageListResponse,
  HermesSessionEnvelope,
  HermesSessionListResponse,
} from '../../src/hermes-api/api-server/api-server.response.js';
import { hour, onceWritten, say, smallHistory } from '../support/histories.js';
import { ORIGIN, TestServer } from '../support/server.js';
import { storedRow } from '../support/stored.js';

describe.each(LAYOUTS)("Hermes's own shapes on schema version %i", (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  it('list conversations, newest activity first, in epoch seconds', async () => {
    const ours = await server.json<{ data: readonly { id: string }[]; total: number }>(
      '/v1/sessions?limit=50',
    );
    const list = await server.json<HermesSessionListResponse>('/api/sessions');
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
      api_call_count: 0,
      parent_session_id: null,
      last_active: hour(1) + 20,
      preview: 'How often should I water <b>tomatoes</b> & basil?',
      pinned: false,
      archived: false,
      has_system_prompt: true,
      has_model_config: true,
      ...(version >= 30 && ORIGIN === null ? { hidden: false, unread: false } : {}),
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
    const list = await server.json<HermesSessionListResponse>(`/api/sessions?${query}`);
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
    const whole = await server.json<HermesMessageListResponse>('/api/sessions/plain/messages');
    expect(whole).toMatchObject({
      object: 'list',
      session_id: 'plain',
      pagination: { limit: 500, offset: 0, order: 'latest', returned: 4 },
    });
    expect(whole.data.map(({ role, timestamp, session_id }) => [role, timestamp, session_id])).toEqual([
      ['user', hour(1), 'plain'],
      ['assistant', hour(1) + 10, 'plain'],
      ['tool', hour(1) + 11, 'plain'],
      ['assistant', hour(1) + 20, 'plain'],
    ]);
    const [first, ...rest] = whole.data;
    const part = async (query: string): Promise<readonly unknown[]> =>
      (await server.json<HermesMessageListResponse>(`/api/sessions/plain/messages?${query}`)).data;
    expect(await part('limit=3&order=latest')).toEqual(rest);
    expect(await part('limit=1')).toEqual([first]);
    expect(await part('limit=1&order=latest&offset=3')).toEqual([first]);
    expect(await part('limit=0')).toEqual([]);
    expect(first).toEqual({
      ...{ id: expect.any(Number), session_id: 'plain', role: 'user', timestamp: hour(1) },
      content: 'How often should I water <b>tomatoes</b> & basil?',
      ...{ tool_call_id: null, tool_calls: null, tool_name: null, token_count: null, finish_reason: null },
      ...{ reasoning: null, reasoning_content: null },
    });
    const chain = await server.json<HermesMessageListResponse>('/api/sessions/chain-1/messages');
    expect(chain).toMatchObject({ session_id: 'chain-3' });
    expect(chain.data[0]).toMatchObject({ content: 'The keeper writes a letter' });
  });
});

describe.each(LAYOUTS)("a session in Hermes's own shapes on schema version %i", (version) => {
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
    await server.close();
  });
});

describe.each(LAYOUTS)("what is hidden or read in Hermes's own shapes, on schema version %i", (version) => {
  const CHAIN = ['chain-1', 'chain-2', 'chain-3'];
  // What concerns who looks at a session, not what it is, does not go to where many hosts meet.
  const knows = { hidden: version >= 30 && ORIGIN === null, unread: version >= 25 && ORIGIN === null };

  it.each(['hidden', 'unread'] as const)(
    '%s is remembered for the whole chain, or refused where there is no place for it',
    async (field) => {
      const stateDb = smallHistory(version);
      const server = await TestServer.start(stateDb);
      for (const value of [true, false]) {
        const { status, body } = await server.patch('/api/sessions/chain-2', { [field]: value });
        if (!knows[field]) {
          const message = `Unsupported session fields: ${field}`;
          const code = 'unsupported_session_field';
          expect([status, body]).toMatchObject([400, { error: { message, code } }]);
          const other = await server.patch('/dashboard/api/sessions/chain-2', { [field]: value });
          expect([other.status, other.body]).toEqual([400, { detail: message }]);
          continue;
        }
        expect(status).toBe(200);
        if (version >= 30) expect(body).toMatchObject({ session: { [field]: value } });
        const rows = CHAIN.map((id) => storedRow(stateDb, id));
        if (field === 'hidden') expect(rows).toMatchObject(CHAIN.map(() => ({ hidden: Number(value) })));
        else expect(rows.map(({ last_read_at: at }) => at === 0)).toEqual(CHAIN.map(() => value));
        const { data } = await server.json<HermesSessionListResponse>('/api/sessions?limit=200');
        const entry = data.find(({ id }) => id === 'chain-3');
        expect(entry === undefined).toBe(field === 'hidden' && value);
        if (version >= 30 && entry !== undefined) expect(entry[field]).toBe(value);
        const other = await server.patch('/dashboard/api/sessions/chain-3', { [field]: !value });
        expect([other.status, other.body]).toMatchObject([200, { ok: true, [field]: !value }]);
      }
      await server.close();
    },
  );

  it('is nothing but true or false', async () => {
    const server = await TestServer.start(smallHistory(version));
    for (const field of ['hidden', 'unread']) {
      const { status, body } = await server.patch('/api/sessions/plain', { [field]: 1 });
      const message = `'${field}' must be a boolean`;
      expect([status, body]).toMatchObject([400, { error: { code: 'invalid_session_field', message } }]);
    }
    await server.close();
  });
});

describe("a page in Hermes's own shapes", () => {
  it('has what is pinned, wherever it stands, and nothing else where nothing is asked for', async () => {
    const server = await TestServer.start(smallHistory(25));
    for (const id of ['plain', 'chain-2']) await server.patch(`/v1/sessions/${id}`, { pinned: true });
    const ids = async (query: string): Promise<readonly string[]> =>
      (await server.json<HermesSessionListResponse>(`/api/sessions?${query}`)).data.map(({ id }) => id);
    const first = await ids('limit=1');
    expect(first).toEqual([expect.any(String), 'chain-3', 'plain']);
    expect(await ids('limit=1&offset=400')).toEqual(['chain-3', 'plain']);
    expect(await ids('limit=0')).toEqual(['chain-3', 'plain']);
    expect(await ids('limit=1&source=telegram')).toEqual(['chain-3']);
    expect(await ids('limit=1&include_children=true')).toEqual([
      ...[first[0], 'chain-3', 'chain-2', 'chain-1', 'plain'],
    ]);
    const all = await ids('limit=200');
    expect(new Set(all).size).toBe(all.length);
    expect(await server.json('/api/sessions?limit=0')).toMatchObject({ limit: 0, has_more: true });
    await server.patch('/v1/sessions/plain', { pinned: false });
    expect(await ids('limit=0')).toEqual(['chain-3']);
    await server.close();
  });
});

describe("what Hermes's own shapes refuse", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  const refusal = (message: string, code: string): object => ({
    error: { message, type: 'invalid_request_error', param: null, code },
  });

  it.each([
    ['get', '/nope', undefined, 404, refusal('Session not found: nope', 'session_not_found')],
    ['patch', '/nope', { colour: 1 }, 404, refusal('Session not found: nope', 'session_not_found')],
    [
      ...(['get', '/plain/messages?limit=-1', undefined, 400] as const),
      refusal('limit and offset must be non-negative integers', 'invalid_pagination'),
    ],
    [
      ...(['get', '/plain/messages?order=sideways', undefined, 400] as const),
      refusal('order must be one of: oldest, latest', 'invalid_pagination'),
    ],
    [
      ...(['patch', '/plain', { size: 1, colour: 'red' }, 400] as const),
      refusal('Unsupported session fields: colour, size', 'unsupported_session_field'),
    ],
    [
      ...(['patch', '/plain', { pinned: 1 }, 400] as const),
      refusal("'pinned' must be a boolean", 'invalid_session_field'),
    ],
    [
      ...(['patch', '/plain', { title: 'x'.repeat(101) }, 400] as const),
      refusal('Title too long (101 chars, max 100)', 'invalid_title'),
    ],
    [
      ...(['patch', '/plain', { title: ' Old  plans' }, 400] as const),
      refusal("Title 'Old plans' is already in use by session archived", 'invalid_title'),
    ],
  ])('is told in its words: %s %s %j', async (method, path, sent, status, answer) => {
    const response = await server.send(method, `/api/sessions${path}`, sent);
    expect([response.status, response.body]).toEqual([status, answer]);
    expect(await server.json('/api/sessions/plain')).toMatchObject({
      session: { title: 'Garden irrigation' },
    });
  });

  it('is nobody without a key', async () => {
    const { status, body } = await server.http.get('/api/sessions');
    expect([status, body]).toEqual([
      401,
      {
        error: {
          message: 'Invalid gateway API key (API_SERVER_KEY)',
          type: 'gateway_auth_error',
          code: 'gateway_auth_failed',
        },
      },
    ]);
  });
});

describe("the end of a session, in Hermes's own shapes", () => {
  it('is the first one, comes with a new title, and reaches the file', async () => {
    const stateDb = smallHistory(25);
    const server = await TestServer.start(stateDb);
    const before = Date.now() / 1000;
    const { body } = await server.patch('/api/sessions/branch', { title: 'Ended', end_reason: 'done' });
    expect(body).toMatchObject({ session: { title: 'Ended', end_reason: 'done' } });
    const { ended_at: endedAt } = (body as HermesSessionEnvelope).session;
    expect(endedAt).toBeGreaterThanOrEqual(before);
    const again = await server.patch('/api/sessions/branch', { end_reason: 'once more' });
    expect(again.body).toMatchObject({ session: { end_reason: 'done', ended_at: endedAt } });
    expect((await server.patch('/api/sessions/branch', {})).body).toMatchObject({
      session: { title: 'Ended' },
    });
    await server.settled();
    const db = new Sqlite(stateDb, { readonly: true });
    expect(db.prepare("SELECT title, end_reason FROM sessions WHERE id = 'branch'").get()).toEqual({
      title: 'Ended',
      end_reason: 'done',
    });
    db.close();
    await server.close();
  });
});

describe("a reason for which a session ended, in Hermes's own shapes", () => {
  it('may be a text that no database holds as it is', async () => {
    const server = await TestServer.start(smallHistory(25));
    const { status, body } = await server.patch('/api/sessions/branch', { end_reason: 'a half: \ud83d' });
    expect([status, body]).toMatchObject([200, { session: { id: 'branch' } }]);
    await server.settled();
    expect(await server.json('/api/sessions/branch')).toMatchObject({
      session: { ended_at: expect.any(Number) },
    });
    await server.close();
  });
});

describe("the messages in Hermes's own shapes", () => {
  const compactedInPlace = (): string =>
    onceWritten('compacted in place', (path) => {
      const writer = HistoryWriter.create(path, 25);
      writer.addSession({ id: 'compacted', source: 'cli', started_at: hour(1) });
      const add = (content: string, more: Readonly<Record<string, string | number>>): void => {
        writer.addMessage({ session_id: 'compacted', role: 'user', content, timestamp: hour(1), ...more });
      };
      add('shown', { reasoning: 'thought', active: 0, compacted: 1 });
      add('compacted away', { active: 0, compacted: 1 });
      add('hidden and compacted away', { active: 0, compacted: 1, display_kind: 'hidden' });
      add('rewound', { active: 0, compacted: 0 });
      add('hidden', { display_kind: 'hidden' });
      add('shown', { reasoning: 'thought' });
      writer.close();
    });

  it('are those that the model reads: what is hidden from people is there, what was compacted away is not', async () => {
    const server = await TestServer.start(compactedInPlace());
    const { data } = await server.json<HermesMessageListResponse>('/api/sessions/compacted/messages');
    expect(data.map(({ content }) => content)).toEqual(['hidden', 'shown']);
    expect(data[1]).toMatchObject({ reasoning: 'thought', reasoning_content: null });
    await server.close();
  });

  it('are all that were not rewound, each once and where it first stood, for whoever asks for what was compacted away', async () => {
    const server = await TestServer.start(compactedInPlace());
    const read = async (query: string): Promise<readonly unknown[]> => {
      const path = `/api/sessions/compacted/messages${query}`;
      const { data } = await server.json<HermesMessageListResponse>(path);
      const { messages } = await server.json<{ messages: readonly { content: unknown }[] }>(
        `/dashboard${path}`,
      );
      expect(messages.map(({ content }) => content)).toEqual(data.map(({ content }) => content));
      return messages.map(({ content }) => content);
    };
    expect(await read('')).toEqual(['hidden', 'shown']);
    expect(await read('?include_compacted=false')).toEqual(['hidden', 'shown']);
    const all = ['shown', 'compacted away', 'hidden and compacted away', 'hidden'];
    expect(await read('?include_compacted=true')).toEqual(all);
    expect(await read('?include_compacted=true&limit=2&offset=1')).toEqual(all.slice(1, 3));
    expect(await read('?include_compacted=true&limit=2&order=latest')).toEqual(all.slice(2));
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
    const times = { started_at: start, ended_at: end };
    const list = await server.json<HermesSessionListResponse>('/api/sessions');
    expect(list.data.find(({ id }) => id === 'exact')).toMatchObject({
      ...times,
      last_active: spoken,
    });
    const { session } = await server.json<HermesSessionEnvelope>('/api/sessions/exact');
    expect(session).toMatchObject(times);
    const { data } = await server.json<HermesMessageListResponse>('/api/sessions/exact/messages');
    expect(data.map(({ timestamp }) => timestamp)).toEqual([spoken]);
  });

  it('is read with the list, not session by session', async () => {
    const get = jest.spyOn(server.app.get(SessionsRepository), 'get');
    const list = await server.json<HermesSessionListResponse>('/api/sessions');
    expect(get).not.toHaveBeenCalled();
    get.mockRestore();
    expect(list.data).toMatchObject([
      { id: 'other', input_tokens: 0, output_tokens: 7 },
      { id: 'exact', input_tokens: 12, output_tokens: 0 },
    ]);
  });
});
