import { LAYOUTS } from '../support/breadth.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe.each(LAYOUTS)('search on schema version %d', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(version));
  });

  afterAll(() => server.close());

  it.each(['㋐', '⺀', '㉠', '🈀', '㋐ keeper', '"㋐"'])(
    'ends for %s, a symbol that is no letter',
    async (symbol) => {
      const page = await server.json<SessionListResponse>(
        `/v1/sessions?search=${encodeURIComponent(symbol)}`,
      );
      expect(page.total).toBe(0);
    },
  );

  it.each(['constructor', 'hasownproperty', 'valueof'])('takes %s for a word as any other', async (word) => {
    const found = async (text: string): Promise<SessionListResponse> =>
      server.json(`/v1/sessions?search=${encodeURIComponent(text)}`);
    for (const text of ['WORD', 'WORD OR irrigation', 'irrigation NOT WORD'])
      expect(await found(text.replace('WORD', word))).toEqual(await found(text.replace('WORD', 'unheardof')));
  });

  it('finds by titles alone where that is asked for, in the order in which all that is found begins', async () => {
    const titles = 'search_in=titles&include_children=true&archived=any';
    const found = await server.json<SessionListResponse>(`/v1/sessions?search=a&${titles}`);
    const all = await server.json<SessionListResponse>(
      '/v1/sessions?search=a&include_children=true&archived=any&limit=200',
    );
    const ids = found.data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['plain', 'branch']));
    expect(found).toMatchObject({ total: ids.length, has_more: false });
    expect(found).not.toHaveProperty('search_incomplete');
    expect(new Set(all.data.slice(0, ids.length).map(({ id }) => id))).toEqual(new Set(ids));
    for (const { title, match } of found.data) {
      expect(title?.toLowerCase()).toContain('a');
      expect(match).toMatchObject({ message_id: null, snippet: expect.stringContaining('a') });
    }
    // Page by page it is the same.
    const paged: string[] = [];
    for (let after = ''; ;) {
      const page = await server.json<SessionListResponse>(`/v1/sessions?search=a&${titles}&limit=1${after}`);
      paged.push(...page.data.map(({ id }) => id));
      if (page.next_cursor === null) break;
      after = `&after=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(paged).toEqual(ids);
  });

  it.each([
    ['irrigation', ['plain']],
    ['gARDEN irrig', ['plain']],
    ['tomatoes', []],
    ['garden OR novel', ['chain-3', 'plain']],
    ['garden irrigation OR novel NOT draft', ['plain']],
    ['garden NOT irrigation', []],
    ['garden NOT novel NOT "100%"', ['plain']],
    ['tomatoes OR aquaria OR draft', ['chain-3']],
    ['"', []],
  ])('finds %j in titles alone: %j', async (text, ids) => {
    const query = `search=${encodeURIComponent(text)}&search_in=titles`;
    const { data, total } = await server.json<SessionListResponse>(`/v1/sessions?${query}`);
    expect(data.map(({ id }) => id).sort()).toEqual(ids);
    expect(total).toBe(ids.length);
  });

  it.each([
    ['arde rrig', 'G<mark>arde</mark>n i<mark>rrig</mark>ation'],
    ['GÀRDEN', '<mark>Garden</mark> irrigation'],
    ['garden OR novel', '<mark>Garden</mark> irrigation'],
    ['"n i"', 'Garde<mark>n i</mark>rrigation'],
  ])('marks %j in a title, where it is a part of a word as well', async (text, snippet) => {
    const query = `search=${encodeURIComponent(text)}&search_in=titles&platform=cli`;
    const { data } = await server.json<SessionListResponse>(`/v1/sessions?${query}`);
    expect(data.map(({ match }) => match?.snippet)).toEqual([snippet]);
  });

  it('refuses another place to look in, and one where nothing is searched for', async () => {
    for (const query of ['search=a&search_in=messages', 'search_in=titles', 'search=a&search_in=titles,all'])
      expect([query, (await server.get(`/v1/sessions?${query}`)).status]).toEqual([query, 400]);
    expect((await server.get('/v1/sessions?search=a&search_in=all')).status).toBe(200);
  });

  it('takes 2,048 characters of any kind, and refuses one more', async () => {
    const longest = '🚀'.repeat(2048);
    expect((await server.get(`/v1/sessions?search=${encodeURIComponent(longest)}`)).status).toBe(200);
    expect((await server.get(`/v1/sessions?search=${encodeURIComponent(`${longest}a`)}`)).status).toBe(400);
  });
});

describe.each([25, 30] as const)('a search on schema version %d for what no transcript shows', (version) => {
  let server: TestServer;
  let path: string;

  /** More messages than are looked up in the file one by one. */
  const MANY = 1100;

  /** As Python writes JSON. */
  function toAscii(json: string): string {
    return json.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }

  function addHidden(writer: HistoryWriter, session: string, content: string): void {
    writer.addSession({ id: session, source: 'cli', started_at: hour(60) });
    const message = { session_id: session, role: 'user', content, timestamp: hour(60) };
    writer.addMessage({ ...message, display_kind: 'hidden' });
  }

  beforeAll(async () => {
    path = smallHistory(version);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      writer.addSession({ id: 'often', source: 'cli', started_at: hour(50) });
      for (let at = 0; at < MANY; at++) say(writer, 'often', 'user', `papaya ${at}`, hour(50) + at);
      addHidden(writer, 'scaffold', 'a papaya and a durian, 红毛丹水果');
      writer.addSession({ id: 'picture', source: 'cli', started_at: hour(61) });
      const parts = [
        { type: 'text', text: 'a mango, 芒果水果' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,papaya+' } },
      ];
      say(writer, 'picture', 'user', `\u0000json:${JSON.stringify(parts)}`, hour(61));
      writer.addSession({ id: 'escaped', source: 'cli', started_at: hour(62) });
      const lines = [{ type: 'text', text: 'Look:\nrambutan\tsoursop, crème, 红毛榴莲' }];
      say(writer, 'escaped', 'user', `\u0000json:${toAscii(JSON.stringify(lines))}`, hour(62));
    });
    writer.close();
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  async function found(text: string): Promise<readonly string[]> {
    const query = new URLSearchParams({ search: text, sort: 'started_at' });
    const { data } = await server.json<SessionListResponse>(`/v1/sessions?${query.toString()}`);
    return data.map(({ id }) => id);
  }

  it.each([
    ['papaya', ['often']],
    ['durian', []],
    ['红毛丹', []],
    ['毛丹', []],
    ['mango', ['picture']],
    ['芒果水果', ['picture']],
    ['芒果', ['picture']],
    ['image_url', []],
    ['base64', []],
    ['png', []],
    ['mango type', []],
    ['mango OR png', ['picture']],
    ['mango NOT png', ['picture']],
    ['rambutan', ['escaped']],
    ['soursop look', ['escaped']],
    ['nrambutan', []],
    ['crème', ['escaped']],
    ['红毛榴莲', ['escaped']],
    ['u00e8me', []],
  ])('finds %s in what it shows alone', async (text, ids) => {
    expect(await found(text)).toEqual(ids);
  });

  it('finds nothing in what is hidden while it runs', async () => {
    expect(await found('papaya')).toEqual(['often']);
    const writer = HistoryWriter.open(path);
    addHidden(writer, 'later', 'another papaya');
    writer.close();
    await server.settled();
    expect(await found('papaya')).toEqual(['often']);
  });
});

describe.each(LAYOUTS)('a search on schema version %d in sessions that an index leaves out', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    const path = smallHistory(version);
    const writer = HistoryWriter.open(path);
    for (const [at, source] of ['cli', 'cron', 'subagent'].entries()) {
      writer.addSession({ id: `of-${source}`, source, started_at: hour(50 + at) });
      say(writer, `of-${source}`, 'user', '每天早上检查红毛丹价格', hour(50 + at));
    }
    writer.close();
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  it.each([
    ['', ['of-cli', 'of-cron', 'of-subagent']],
    ['&platform=cron', ['of-cron']],
    ['&platform=subagent,cli', ['of-cli', 'of-subagent']],
  ])('finds what they say with the filter "%s"', async (filter, ids) => {
    const { data, search_incomplete } = await server.json<SessionListResponse>(
      `/v1/sessions?sort=started_at${filter}&search=${encodeURIComponent('红毛丹价格')}`,
    );
    expect([data.map(({ id }) => id), search_incomplete]).toEqual([ids, undefined]);
  });
});

describe('a search together with an exact title', () => {
  it('finds what has both, and nothing that has the title alone', async () => {
    const server = await TestServer.start(smallHistory(25));
    const found = async (query: string): Promise<number> =>
      (await server.json<SessionListResponse>(`/v1/sessions?title=Garden%20irrigation&search=${query}`))
        .total;
    const searches = ['garden', 'tomatoes', 'lighthouse', 'garden&search_in=titles', 'lighthouse OR garden'];
    expect(await Promise.all(searches.map(found))).toEqual([1, 1, 0, 1, 0]);
    await server.close();
  });
});

describe('the order of a search', () => {
  it('is by relevance unless told otherwise, titles first', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    const add = (id: string, at: number, title: string | null, content: string): void => {
      writer.addSession({ id, source: 'search', title, started_at: hour(at) });
      say(writer, id, 'user', content, hour(at));
    };
    add('often', 30, null, 'quince quince quince jam');
    add('once', 31, null, `a long text that names quince among ${'many other words '.repeat(20)}`);
    add('titled', 29, 'Quince trees', 'nothing about it here');
    writer.close();
    const server = await TestServer.start(path);
    const ids = async (query: string): Promise<readonly string[]> =>
      (await server.json<SessionListResponse>(`/v1/sessions?search=quince${query}`)).data.map(
        (row) => row.id,
      );
    expect(await ids('')).toEqual(['titled', 'often', 'once']);
    expect(await ids('&sort=relevance')).toEqual(['titled', 'often', 'once']);
    expect(await ids('&sort=-started_at')).toEqual(['once', 'often', 'titled']);
    const first = await server.json<SessionListResponse>('/v1/sessions?search=quince&limit=2');
    expect(await ids(`&after=${first.next_cursor ?? ''}`)).toEqual(['once']);
    await server.close();
  });

  it('is told by cursors that say nothing, that nobody else can make, and that all servers with a key read', async () => {
    const path = smallHistory(25);
    const server = await TestServer.start(path);
    const search = '/v1/sessions?search=the&limit=1';
    const { next_cursor: cursor } = await server.json<SessionListResponse>(search);
    const text = cursor ?? '';
    expect(Buffer.from(text, 'base64url').toString('latin1')).not.toMatch(/relevance|plain|chain|\d\.\d/);
    const next = await server.json<SessionListResponse>(`${search}&after=${text}`);
    const forged = Buffer.from(JSON.stringify(['relevance', 1, 1, 'plain', 'default'])).toString('base64url');
    for (const after of [forged, `${text.slice(0, -2)}AA`, text.slice(0, 20), '']) {
      const { status, body } = await server.get(`${search}&after=${after}`);
      expect([status, body]).toMatchObject([400, { error: { param: 'after' } }]);
    }
    const other = await TestServer.start(path);
    expect(await other.json(`${search}&after=${text}`)).toEqual(next);
    await other.close();
    await server.close();
  });
});
