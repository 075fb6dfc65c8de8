import { LAYOUTS } from '../support/breadth.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, listedIds, say, smallHistory } from '../support/histories.js';
import { ORIGIN, TestServer } from '../support/server.js';

describe.each(LAYOUTS)('GET /v1/sessions on schema version %d', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  const list = (query: string): Promise<SessionListResponse> =>
    server.json<SessionListResponse>(`/v1/sessions?${query}`);
  const ids = async (query: string): Promise<readonly string[]> =>
    (await list(query)).data.map((row) => row.id);

  it('lists one entry per conversation, newest activity first', async () => {
    const page = await list('');
    expect(page.data.map((row) => row.id)).toEqual(listedIds(version));
    expect(page).toMatchObject({
      object: 'list',
      total: listedIds(version).length,
      has_more: false,
      next_cursor: null,
    });
  });

  it('says what the rules kept out', async () => {
    expect((await list('')).hidden).toEqual({ archived: version >= 16 ? 1 : 0, children: 5 });
    expect((await list('archived=any')).hidden.archived).toBe(0);
    expect((await list('include_children=true')).hidden.children).toBe(0);
  });

  it('takes identity and activity of a chain from its tip and the rest from its root', async () => {
    const [entry] = (await list('platform=telegram')).data;
    expect(entry).toEqual({
      id: 'chain-3',
      object: 'hermes.session',
      platform: 'telegram',
      title: 'Novel draft',
      model: 'anthropic/claude-opus-4',
      started_at: '2026-05-01T03:00:00.000Z',
      last_active_at: '2026-05-01T05:00:05.000Z',
      ended_at: null,
      turn_count: 1,
      parent_session_id: null,
      root_session_id: 'chain-1',
      message_count: 2,
      tool_call_count: 0,
      preview: 'The keeper writes a letter',
      user_id: 'bo',
      end_reason: null,
      archived: false,
      pinned: false,
      chain_length: 3,
      profile: 'default',
      origin: ORIGIN,
    });
  });

  it('gives every session row by itself when children are included', async () => {
    const page = await list('include_children=true&archived=any');
    expect(page.total).toBe(13);
    expect(page.data.map((row) => row.id)).toEqual(
      expect.arrayContaining(['chain-1', 'chain-2', 'delegate']),
    );
    expect(page.data.find((row) => row.id === 'chain-2')).toMatchObject({
      platform: 'cli',
      root_session_id: 'chain-1',
      chain_length: 3,
    });
  });

  it('shows unknown times as null', async () => {
    const page = await list('title=No+time');
    expect(page.data[0]).toMatchObject({
      id: 'damaged',
      started_at: null,
      last_active_at: null,
      ended_at: null,
    });
  });

  it.each([
    ['limit=2', 2],
    ['limit=1', 1],
    ['limit=200', undefined],
  ])('%s bounds the page and not the total', async (query, length) => {
    const page = await list(query);
    expect(page.data).toHaveLength(length ?? page.total);
    expect(page.total).toBe(listedIds(version).length);
    expect(page.has_more).toBe(length !== undefined);
  });

  it.each([
    ['platform=cli', ['reset', 'branch', 'plain', 'damaged']],
    ['platform=slack,api_server', ['odd/id "quoted" 🚀', 'empty']],
    ['platform=slack&platform=api_server', ['odd/id "quoted" 🚀', 'empty']],
    ['platform=nowhere', []],
    ['user_id=ana', ['plain']],
    ['user_id=bo', ['chain-3']],
    ['model=anthropic/claude-opus-4', ['chain-3']],
    ['model=openai/gpt-5', ['plain']],
    ['title=Garden+irrigation', ['plain']],
    ['title=garden+irrigation', []],
    ['title=Novel+draft', ['chain-3']],
    ['since=2026-05-01T11:00:00Z&platform=cli', ['reset']],
    ['since=2026-05-01T13:00:00%2B02:00&platform=cli', ['reset']],
    ['since=2026-05-01T13:00:00+02:00&platform=cli', ['reset']],
    ['until=2026-05-01T04:00', ['chain-3', 'plain']],
    ['since=2026-05-01T01:00:00.000Z&until=2026-05-01T03:00:00Z', ['plain']],
    ['until=2026-05-01', []],
    ['since=2026-05-02', []],
    ['title=Novel+draft&include_children=true', ['chain-1']],
  ])('%s selects exactly', async (query, expected) => {
    const page = await list(query);
    expect(page.data.map((row) => row.id)).toEqual(expected);
    expect(page.total).toBe(expected.length);
  });

  it.each([
    [
      'sort=-started_at',
      (ordered: readonly string[]) => {
        expect(ordered[0]).toBe('odd/id "quoted" 🚀');
      },
    ],
    [
      'sort=started_at',
      (ordered: readonly string[]) => {
        expect(ordered.slice(0, 3)).toEqual(['damaged', 'plain', 'chain-3']);
      },
    ],
    [
      'sort=last_active_at',
      (ordered: readonly string[]) => {
        expect(ordered).toEqual([...listedIds(version)].reverse());
      },
    ],
    [
      'sort=-last_active_at',
      (ordered: readonly string[]) => {
        expect(ordered).toEqual(listedIds(version));
      },
    ],
  ])('%s orders the list', async (query, check) => {
    check(await ids(query));
  });

  it('pinned selects by the root of the conversation', async () => {
    if (version < 25) {
      expect(await list('pinned=true')).toMatchObject({ data: [], total: 0 });
      expect(await ids('pinned=false')).toEqual(await ids(''));
      return;
    }
    const pinned = await TestServer.start(smallHistory(version));
    try {
      expect((await pinned.patch('/v1/sessions/chain-3', { pinned: true })).status).toBe(200);
      await pinned.settled();
      const all = await pinned.json<SessionListResponse>('/v1/sessions');
      const only = await pinned.json<SessionListResponse>('/v1/sessions?pinned=true');
      const others = await pinned.json<SessionListResponse>('/v1/sessions?pinned=false');
      expect(only.data.map(({ id }) => id)).toEqual(['chain-3']);
      expect([only.total, others.total]).toEqual([1, all.total - 1]);
      expect(others.data).toEqual(all.data.filter((session) => session.id !== 'chain-3'));
      const rows = await pinned.json<SessionListResponse>('/v1/sessions?pinned=true&include_children=true');
      expect(rows.data.map(({ id }) => id).sort()).toEqual(['chain-1', 'chain-2', 'chain-3']);
    } finally {
      await pinned.close();
    }
  });

  it('archived=true and any select by the root of the conversation', async () => {
    expect(await ids('archived=true')).toEqual(version >= 16 ? ['archived'] : []);
    expect(await ids('archived=any')).toContain('archived');
  });

  it.each(['-last_active_at', 'last_active_at', '-started_at', 'started_at'])(
    'pages by cursor and by offset yield each entry once, sorted by %s',
    async (sort) => {
      for (const filter of ['', '&include_children=true', '&search=keeper+OR+irrigation']) {
        const all = await ids(`limit=200&sort=${sort}${filter}`);
        const byCursor: string[] = [];
        for (let after: string | null = ''; after !== null;) {
          const page: SessionListResponse = await list(
            `limit=2&sort=${sort}${filter}${after && `&after=${after}`}`,
          );
          byCursor.push(...page.data.map((row) => row.id));
          expect(page.total).toBe(all.length);
          expect(page.has_more).toBe(page.next_cursor !== null);
          after = page.next_cursor;
        }
        const byOffset: string[] = [];
        for (let offset = 0; offset < all.length; offset += 3) {
          byOffset.push(...(await ids(`limit=3&offset=${offset}&sort=${sort}${filter}`)));
        }
        expect(byCursor).toEqual(all);
        expect(byOffset).toEqual(all);
        expect(new Set(all).size).toBe(all.length);
      }
    },
  );

  it.each([
    ['search=tomatoes', ['plain']],
    ['search=TOMATOES+basil', ['plain']],
    ['search=tomatoes+lighthouse', []],
    ['search="water+tomatoes"', []],
    ['search="how+often"', ['plain']],
    ['search=tomat*', ['plain']],
    ['search=tomat', []],
    ['search=lighthouse', ['chain-3']],
    ['search=lighthouse&include_children=true', ['chain-1']],
    ['search=keeper+NOT+lighthouse', ['chain-3']],
    ['search=garden', ['plain']],
    ['search=novel', ['chain-3']],
    ['search=部署计划', ['odd/id "quoted" 🚀']],
    ['search=部署', ['odd/id "quoted" 🚀']],
    ['search=', []],
    ['search=---', []],
    ['search=AND', []],
    ['search=foo+AND+(bar*', []],
  ])('%s finds exactly', async (query, expected) => {
    const page = await list(query);
    expect(page.data.map((row) => row.id)).toEqual(expected);
    expect(page.total).toBe(expected.length);
  });

  it('shows where it found something, safely', async () => {
    const [entry] = (await list('search=tomatoes')).data;
    expect(entry?.match).toEqual({
      message_id: 1,
      role: 'user',
      timestamp: '2026-05-01T01:00:00.000Z',
      snippet: 'How often should I water &lt;b&gt;<mark>tomatoes</mark>&lt;/b&gt; &amp; basil?',
    });
    const [named] = (await list('search=garden')).data;
    expect(named?.match).toEqual({
      message_id: null,
      role: null,
      timestamp: null,
      snippet: '<mark>Garden</mark> irrigation',
    });
  });

  it('counts what the rules kept out of a search', async () => {
    expect((await list('search=irrigation')).hidden.archived).toBe(version >= 16 ? 1 : 0);
    expect((await list('search=work')).hidden.children).toBe(3);
  });
});

describe('what is hidden', () => {
  it('is in the list of archived conversations, and in no other', async () => {
    const path = smallHistory(30);
    const writer = HistoryWriter.open(path);
    const add = (id: string, flags: Readonly<Record<string, number>>): void => {
      writer.addSession({ id, source: 'secret', started_at: hour(30), ...flags });
      say(writer, id, 'user', 'something of it', hour(30));
    };
    add('hidden', { hidden: 1 });
    add('put-away', { hidden: 1, archived: 1 });
    const server = await TestServer.start(path);
    const listed = async (archived: string): Promise<readonly unknown[]> => {
      const { data, total, hidden } = await server.json<SessionListResponse>(
        `/v1/sessions?platform=secret&archived=${archived}`,
      );
      return [data.map(({ id }) => id), total, hidden];
    };
    expect(await listed('true')).toEqual([['put-away'], 1, { archived: 0, children: 0 }]);
    expect(await listed('any')).toEqual([['put-away'], 1, { archived: 0, children: 1 }]);
    expect(await listed('false')).toEqual([[], 0, { archived: 1, children: 1 }]);
    // An agent that takes it out again leaves it hidden.
    writer.db.exec("UPDATE sessions SET archived = 0 WHERE id = 'put-away'");
    writer.close();
    await server.settled();
    expect(await listed('true')).toEqual([[], 0, { archived: 0, children: 0 }]);
    await server.close();
  });
});

describe('GET /v1/sessions refuses', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  it.each([
    ['limit=0', 'limit', 'invalid_parameter'],
    ['limit=201', 'limit', 'invalid_parameter'],
    ['limit=1e2', 'limit', 'invalid_parameter'],
    ['limit=', 'limit', 'invalid_parameter'],
    ['limit=1&limit=2', 'limit', 'invalid_parameter'],
    ['offset=-1', 'offset', 'invalid_parameter'],
    ['offset=x', 'offset', 'invalid_parameter'],
    ['after=nonsense', 'after', 'invalid_cursor'],
    ['after=', 'after', 'invalid_parameter'],
    ['platform=', 'platform', 'invalid_parameter'],
    ['platform=cli,,slack', 'platform', 'invalid_parameter'],
    ['since=soon', 'since', 'invalid_parameter'],
    ['since=2026-02-30', 'since', 'invalid_parameter'],
    ['until=2026-13-01', 'until', 'invalid_parameter'],
    ['until=2026-05-01T25:00', 'until', 'invalid_parameter'],
    ['include_children=yes', 'include_children', 'invalid_parameter'],
    ['archived=maybe', 'archived', 'invalid_parameter'],
    ['pinned=maybe', 'pinned', 'invalid_parameter'],
    ['title=', 'title', 'invalid_parameter'],
    ['user_id=', 'user_id', 'invalid_parameter'],
    ['model=', 'model', 'invalid_parameter'],
    ['sort=title', 'sort', 'invalid_parameter'],
    ['sort=relevance', 'sort', 'invalid_parameter'],
    [`search=${'a'.repeat(2049)}`, 'search', 'invalid_parameter'],
    ['search=a&search=b', 'search', 'invalid_parameter'],
    ['limmit=3', 'limmit', 'unknown_parameter'],
  ])('%s, naming the parameter', async (query, param, code) => {
    const response = await server.get(`/v1/sessions?${query}`);
    expect(response.status).toBe(400);
    expect(response.body).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param, code },
    });
  });

  it.each<[string, (fields: unknown[]) => unknown]>([
    ['an order that has no text', ([, ...rest]) => [{ toString: null }, ...rest]],
    ['an order that is a number', ([, ...rest]) => [7, ...rest]],
    ['no value', ([sort, , ...rest]) => [sort, null, ...rest]],
    ['a start that is a text', ([sort, value, , ...rest]) => [sort, value, '1', ...rest]],
    ['an id that is a list', ([sort, value, start, , profile]) => [sort, value, start, ['a'], profile]],
    [
      'a profile that is an object',
      ([sort, value, start, id]) => [sort, value, start, id, { toString: null }],
    ],
    ['no profile', ([sort, value, start, id]) => [sort, value, start, id]],
    ['one field more', (fields) => [...fields, 1]],
    ['an object for its fields', (fields) => ({ ...fields })],
  ])('a cursor with %s', async (_what, spoil) => {
    const { next_cursor: cursor } = await server.json<SessionListResponse>('/v1/sessions?limit=1');
    const fields = JSON.parse(Buffer.from(cursor ?? '', 'base64url').toString()) as unknown[];
    await expectNoCursor(JSON.stringify(spoil(fields)));
  });

  it('a cursor with a number that is none', async () => {
    for (const fields of ['["-last_active_at",1e999,1,"a","1"]', '["-last_active_at",1,-1e999,"a","1"]'])
      await expectNoCursor(fields);
  });

  async function expectNoCursor(fields: string): Promise<void> {
    const response = await server.get(`/v1/sessions?after=${Buffer.from(fields).toString('base64url')}`);
    expect([response.status, response.body]).toMatchObject([
      400,
      { error: { param: 'after', code: 'invalid_cursor' } },
    ]);
  }

  it('offset together with after, and a cursor of another order', async () => {
    const { next_cursor: cursor } = await server.json<SessionListResponse>('/v1/sessions?limit=1');
    expect((await server.get(`/v1/sessions?offset=0&after=${cursor}`)).body).toMatchObject({
      error: { param: 'offset', code: 'invalid_parameter' },
    });
    expect((await server.get(`/v1/sessions?sort=started_at&after=${cursor}`)).body).toMatchObject({
      error: { param: 'after', code: 'invalid_cursor' },
    });
  });
});
