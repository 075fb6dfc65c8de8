import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

/** As an agent that looks at screens leaves it: words, and pictures of two megabytes each. */
const PICTURES = 20;
const PICTURE = 'iVBORw0KGgo'.repeat(200_000);

describe('a transcript of large messages', () => {
  let server: TestServer;
  /** Of all messages, oldest first. */
  let ids: readonly number[];

  beforeAll(async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    const [began, went] = [1_777_990_000, 1_778_000_000];
    const first = {
      id: 'looking',
      source: 'cli',
      started_at: began,
      ended_at: went,
      end_reason: 'compression',
    };
    writer.addSession(first);
    say(writer, 'looking', 'user', 'Look at the screen', began);
    writer.addSession({ id: 'screens', source: 'cli', started_at: went, parent_session_id: 'looking' });
    for (let at = 0; at < PICTURES; at++) {
      const common = { session_id: 'screens', timestamp: 1_778_000_000 + at };
      writer.addMessage({ ...common, role: 'assistant', content: `clicking at button ${at}` });
      writer.addMessage({ ...common, role: 'tool', tool_name: 'screenshot', content: `screen ${PICTURE}` });
    }
    writer.close();
    server = await TestServer.start(path);
    ids = (await pages('order=asc')).flat();
  });

  afterAll(() => server.close());

  function page(query: string): Promise<MessageListResponse> {
    return server.json<MessageListResponse>(`/v1/sessions/screens/messages?limit=500&${query}`);
  }

  /** The ids of each page, up to the end. */
  async function pages(query: string): Promise<readonly (readonly number[])[]> {
    const all: number[][] = [];
    for (let bound = ''; ;) {
      const { data, has_more: hasMore } = await page(`${query}${bound}`);
      all.push(data.map(({ id }) => id));
      if (!hasMore) return all;
      bound = `&${query.includes('desc') ? 'before' : 'after'}=${data.at(-1)?.id ?? 0}`;
    }
  }

  it('comes in pages that end behind some megabytes, and all of it', async () => {
    const found = await pages('order=asc');
    expect(found.map(({ length }) => length)).toEqual([16, 16, 8]);
    expect(new Set(ids).size).toBe(2 * PICTURES);
    expect((await pages('order=desc')).flat()).toEqual(ids.toReversed());
    const { total, has_more: hasMore } = await page('offset=16');
    expect([total, hasMore]).toEqual([2 * PICTURES, true]);
    expect((await page('role=assistant')).data).toHaveLength(PICTURES);
  });

  it('ends as soon where it is that of a chain, whose messages have to be sorted', async () => {
    const read: number[] = [];
    for (let isMore = true; isMore;) {
      const { data, has_more: hasMore } = await page(
        `lineage=true${read.length === 0 ? '' : `&after=${read.at(-1) ?? 0}`}`,
      );
      expect(data.length).toBeLessThanOrEqual(17);
      read.push(...data.map(({ id }) => id));
      isMore = hasMore;
    }
    expect(read.slice(1)).toEqual(ids);
  });

  it('has the message that is asked for on its page', async () => {
    for (const at of [0, 15, 16, 30, 39]) {
      const found = await page(`around=${ids[at] ?? 0}`);
      expect(found.position).toBe(at);
      const place = found.data.findIndex(({ id }) => id === ids[at]);
      expect(found.data.map(({ id }) => id)).toEqual(ids.slice(at - place, at - place + found.data.length));
      expect(place).toBeGreaterThanOrEqual(0);
      expect(found.has_more).toBe(at - place + found.data.length < ids.length);
    }
  });

  it('has as few of what a search finds on a page', async () => {
    const found: number[] = [];
    for (let isMore = true; isMore;) {
      const { data, has_more: hasMore, total } = await page(`search=screen&offset=${found.length}`);
      expect([data.length <= 8, total]).toEqual([true, PICTURES]);
      found.push(...data.map(({ id }) => id));
      isMore = hasMore;
    }
    expect(found).toEqual(ids.filter((_, at) => at % 2 === 1));
  });

  it('comes whole to apps of Hermes up to some more megabytes, and says where it does not', async () => {
    const whole = await server.json<object>('/api/sessions/screens/messages?limit=500');
    expect(whole).toMatchObject({ pagination: { returned: 2 * PICTURES } });
    expect(whole).not.toHaveProperty('pagination.has_more');
  });
});
