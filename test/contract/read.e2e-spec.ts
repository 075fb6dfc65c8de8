import { LAYOUTS } from '../support/breadth.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { ORIGIN, TestServer } from '../support/server.js';

describe.each(LAYOUTS)('one session on schema version %d', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  it('is exactly its row, with its place in the lineage and its usage', async () => {
    const session = await server.json('/v1/sessions/plain');
    expect(session).toEqual({
      id: 'plain',
      object: 'hermes.session',
      platform: 'cli',
      title: 'Garden irrigation',
      model: 'openai/gpt-5',
      started_at: '2026-05-01T01:00:00.000Z',
      last_active_at: '2026-05-01T01:00:20.000Z',
      ended_at: '2026-05-01T02:00:00.000Z',
      turn_count: 1,
      parent_session_id: null,
      root_session_id: 'plain',
      message_count: 4,
      tool_call_count: 1,
      preview: 'How often should I water <b>tomatoes</b> & basil?',
      user_id: 'ana',
      end_reason: 'user_exit',
      archived: false,
      pinned: false,
      chain_length: 1,
      profile: 'default',
      origin: ORIGIN,
      child_session_ids: ['delegate', 'unmarked-child', 'branch', 'reset'],
      tip_session_id: 'plain',
      usage: {
        input_tokens: 1200,
        output_tokens: 0,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
        reasoning_tokens: 0,
        estimated_cost_usd: 0.25,
        actual_cost_usd: null,
      },
    });
    expect(JSON.stringify(session)).not.toContain('SECRET');
  });

  it.each([
    ['chain-1', 'chain-3', 'chain-1'],
    ['chain-2', 'chain-3', 'chain-1'],
    ['chain-3', 'chain-3', 'chain-1'],
    ['branch', 'branch', 'branch'],
    ['delegate', 'delegate', 'delegate'],
  ])('%s lives on in %s and began with %s', async (id, tip, root) => {
    expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({
      tip_session_id: tip,
      root_session_id: root,
    });
  });

  it('is found by any id that is text', async () => {
    const id = 'odd/id "quoted" 🚀';
    expect(await server.json(`/v1/sessions/${encodeURIComponent(id)}`)).toMatchObject({
      id,
      preview: '请检查部署计划 🚀',
    });
  });

  it.each(['nobody', '%00', "x'%20OR%201=1", '..%2F..%2Fetc%2Fpasswd', 'a'.repeat(1500)])(
    '%s is answered 404',
    async (id) => {
      for (const path of [`/v1/sessions/${id}`, `/v1/sessions/${id}/messages`]) {
        const response = await server.get(path);
        expect(response.status).toBe(404);
        expect(response.body).toMatchObject({
          error: { type: 'not_found_error', code: 'session_not_found' },
        });
      }
    },
  );

  const messages = (query: string): Promise<MessageListResponse> =>
    server.json<MessageListResponse>(`/v1/sessions/${query}`);
  const messageIds = async (query: string): Promise<readonly number[]> =>
    (await messages(query)).data.map((message) => message.id);

  it('gives its transcript with everything a message has', async () => {
    expect(await messages('plain/messages')).toEqual({
      object: 'list',
      session_id: 'plain',
      total: 4,
      has_more: false,
      data: [
        {
          role: 'user',
          content: 'How often should I water <b>tomatoes</b> & basil?',
          timestamp: '2026-05-01T01:00:00.000Z',
          id: 1,
          object: 'hermes.message',
        },
        {
          role: 'assistant',
          content: '',
          timestamp: '2026-05-01T01:00:10.000Z',
          id: 2,
          object: 'hermes.message',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
          reasoning: 'Check the forecast first.',
          finish_reason: 'tool_calls',
        },
        {
          role: 'tool',
          content: 'Dry until Friday',
          timestamp: '2026-05-01T01:00:11.000Z',
          id: 3,
          object: 'hermes.message',
          tool_call_id: 'c1',
          tool_name: 'weather',
        },
        {
          role: 'assistant',
          content: 'Twice a week, early in the morning.',
          timestamp: '2026-05-01T01:00:20.000Z',
          id: 4,
          object: 'hermes.message',
          finish_reason: 'stop',
          token_count: 9,
        },
      ],
    });
  });

  it.each([
    ['plain/messages?limit=2', [1, 2], true],
    ['plain/messages?limit=500', [1, 2, 3, 4], false],
    ['plain/messages?limit=2&offset=2', [3, 4], false],
    ['plain/messages?limit=2&offset=9', [], false],
    ['plain/messages?order=desc', [4, 3, 2, 1], false],
    ['plain/messages?order=desc&limit=2', [4, 3], true],
    ['plain/messages?order=desc&limit=2&before=3', [2, 1], false],
    ['plain/messages?after=2', [3, 4], false],
    ['plain/messages?after=2&limit=1', [3], true],
    ['plain/messages?after=1&before=4', [2, 3], false],
    ['plain/messages?before=3&order=asc', [1, 2], false],
  ])('%s is the right part', async (query, ids, hasMore) => {
    const page = await messages(query);
    expect(page.data.map((message) => message.id)).toEqual(ids);
    expect(page).toMatchObject({ total: 4, has_more: hasMore });
  });

  it.each([
    ['plain/messages?role=user', [1], 1],
    ['plain/messages?role=user&role=tool', [1, 3], 2],
    ['plain/messages?role=user,tool', [1, 3], 2],
    ['plain/messages?role=nobody', [], 0],
  ])('%s counts only these roles', async (query, ids, total) => {
    expect(await messageIds(query)).toEqual(ids);
    expect((await messages(query)).total).toBe(total);
  });

  it('reads a whole chain as one transcript from any of its members', async () => {
    for (const id of ['chain-1', 'chain-2', 'chain-3']) {
      const page = await messages(`${id}/messages?lineage=true`);
      expect(page.data.map((message) => message.session_id)).toEqual([
        ...['chain-1', 'chain-1', 'chain-2', 'chain-2', 'chain-3', 'chain-3'],
      ]);
      expect(page.total).toBe(6);
    }
    expect((await messages('chain-2/messages')).total).toBe(2);
  });

  it('decodes structured content and gives what is broken as it is stored', async () => {
    const odd = await messages(`${encodeURIComponent('odd/id "quoted" 🚀')}/messages`);
    expect(odd.data[0]?.content).toEqual([
      { type: 'text', text: '请检查部署计划 🚀' },
      { type: 'image_url', image_url: { url: 'data:,' } },
    ]);
    expect((await messages('damaged/messages')).data[0]).toMatchObject({
      content: '\u0000json:{broken',
      tool_calls: '{broken',
      timestamp: null,
    });
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['offset=-1', 'offset'],
    ['order=up', 'order'],
    ['after=x', 'after'],
    ['before=-1', 'before'],
    ['role=', 'role'],
    ['include_inactive=1', 'include_inactive'],
    ['lineage=on', 'lineage'],
    ['roles=user', 'roles'],
  ])('refuses %s, naming the parameter', async (query, param) => {
    const response = await server.get(`/v1/sessions/plain/messages?${query}`);
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });
});

describe('messages that were rewound, compacted or are only for the model', () => {
  let server: TestServer;

  beforeAll(async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'edited', source: 'cli', started_at: hour(20) });
    const add = (content: string, more: Readonly<Record<string, number | string>>, at = hour(20)): number =>
      writer.addMessage({ session_id: 'edited', role: 'user', content, timestamp: at, ...more });
    add('scaffolding', { display_kind: 'hidden' });
    add('compacted and kept', { active: 0, compacted: 1 }, hour(20) + 1);
    add('stands twice', { active: 0, compacted: 1 }, hour(20) + 2);
    add('stands thrice', { active: 0, compacted: 1 }, hour(20) + 3);
    add('stands thrice', { active: 0, compacted: 1 }, hour(20) + 3);
    add('rewound zebra', { active: 0 }, hour(21));
    add('stands twice', {}, hour(20) + 2);
    add('said twice', {}, hour(20) + 4);
    add('said twice', {}, hour(20) + 4);
    writer.close();
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  it('show each logical message once', async () => {
    const page = await server.json<MessageListResponse>('/v1/sessions/edited/messages');
    expect(page.data.map((message) => message.content)).toEqual([
      'compacted and kept',
      'stands twice',
      'stands thrice',
      'said twice',
      'said twice',
    ]);
    expect(page.total).toBe(5);
  });

  it('count as turns only where they are part of the transcript', async () => {
    expect(await server.json('/v1/sessions/edited')).toMatchObject({
      turn_count: 5,
      preview: 'compacted and kept',
      // A rewound message still was activity.
      last_active_at: new Date(hour(21) * 1000).toISOString(),
    });
  });

  it('are all there with include_inactive, marked', async () => {
    const page = await server.json<MessageListResponse>('/v1/sessions/edited/messages?include_inactive=true');
    expect(page.data.map((message) => message.active)).toEqual([
      false,
      false,
      false,
      false,
      false,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are no hits where they were rewound', async () => {
    expect(await server.json('/v1/sessions?search=zebra')).toMatchObject({ total: 0 });
    expect(await server.json('/v1/sessions?search=kept')).toMatchObject({ total: 1 });
  });
});

describe('a session that is marked hidden', () => {
  it('is listed only with its children, and its messages can be read', async () => {
    const path = smallHistory(30);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'secret', source: 'cli', started_at: hour(30), hidden: 1 });
    say(writer, 'secret', 'user', 'hidden aardvark', hour(30));
    writer.close();
    const server = await TestServer.start(path);
    expect(await server.json('/v1/sessions?search=aardvark')).toMatchObject({
      total: 0,
      hidden: { children: 1 },
    });
    expect(await server.json('/v1/sessions?search=aardvark&include_children=true')).toMatchObject({
      total: 1,
    });
    expect(await server.json('/v1/sessions/secret/messages')).toMatchObject({ total: 1 });
    await server.close();
  });
});

it('tells tokens in whole numbers, whatever a damaged row holds', async () => {
  const path = smallHistory(25);
  const writer = HistoryWriter.open(path);
  writer.db.prepare("UPDATE messages SET token_count = 9.5 WHERE session_id = 'plain'").run();
  writer.close();
  const server = await TestServer.start(path);
  const { data } = await server.json<MessageListResponse>('/v1/sessions/plain/messages');
  expect(data.map(({ token_count: tokens }) => tokens)).toEqual([9, 9, 9, 9]);
  await server.close();
});
