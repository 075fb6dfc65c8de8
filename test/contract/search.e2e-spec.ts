import { SCHEMA_VERSIONS } from '../../src/demo/state-db/schema.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe.each(SCHEMA_VERSIONS)('search on schema version %d', (version) => {
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

  it('takes 2,048 characters of any kind, and refuses one more', async () => {
    const longest = '🚀'.repeat(2048);
    expect((await server.get(`/v1/sessions?search=${encodeURIComponent(longest)}`)).status).toBe(200);
    expect((await server.get(`/v1/sessions?search=${encodeURIComponent(`${longest}a`)}`)).status).toBe(400);
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
});
