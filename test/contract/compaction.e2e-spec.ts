import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import { hour } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { temporaryFolder, TestServer } from '../support/server.js';

const ARCHIVED = { active: 0, compacted: 1 };

/** Each message of the conversation stands a minute behind the one before. */
function message(text: string, minute: number, more: Readonly<Record<string, number>> = {}) {
  return {
    ...{ session_id: 'long', role: minute % 2 === 0 ? 'user' : 'assistant', content: `${text} fig` },
    ...{ timestamp: hour(1) + 60 * minute, message_uid: `uid-${minute}`, ...more },
  };
}

/** The end of a conversation as a compaction in place writes it anew, behind what was said meanwhile. */
function copyTail(writer: HistoryWriter, places: readonly (number | undefined)[]): void {
  for (const [at, [text, minute]] of (
    [
      ['B', 1],
      ['C', 2],
    ] as const
  ).entries()) {
    const place = places[at];
    writer.addMessage(message(text, minute, place === undefined ? {} : { display_order: place }));
  }
}

describe.each([
  ['of which nothing tells the order', 25, []],
  ['of which nothing tells the order yet', 30, []],
  ['that know their places', 30, [2, 3]],
  ['that have an id in common', 31, []],
] as const)('copies of messages %s', (_what, version, places) => {
  let path: string;
  let server: TestServer;

  beforeEach(async () => {
    path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, version);
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(1) });
    writer.addMessage(message('A', 0, ARCHIVED));
    writer.addMessage(message('B', 1, ARCHIVED));
    writer.addMessage(message('C', 2, ARCHIVED));
    writer.addMessage(message('D', 3));
    copyTail(writer, places);
    writer.addMessage(message('E', 4));
    writer.close();
    server = await TestServer.start(path);
  });

  afterEach(() => server.close());

  const textsOf = async (query: string): Promise<string> => {
    const { data } = await server.json<MessageListResponse>(`/v1/sessions/long/messages?${query}`);
    return data.map(({ content }) => String(content).slice(0, 1)).join('');
  };

  it('stand where the messages stand that they are copies of', async () => {
    expect(await textsOf('')).toBe('ABCDE');
    expect(await textsOf('order=desc')).toBe('EDCBA');
    expect(await textsOf('lineage=true')).toBe('ABCDE');
    expect(await textsOf('include_inactive=true')).toBe('ABCDBCE');
    expect(await server.json('/v1/sessions/long')).toMatchObject({ preview: 'A fig', turn_count: 3 });
  });

  it('are paged through in that order, by offset and from a message on', async () => {
    expect(await textsOf('limit=2')).toBe('AB');
    expect(await textsOf('limit=2&offset=2')).toBe('CD');
    // Their ids are 1, 5, 6, 4 and 7.
    expect(await textsOf('after=6')).toBe('DE');
    expect(await textsOf('after=4')).toBe('E');
    expect(await textsOf('before=6')).toBe('AB');
    expect(await textsOf('before=4&order=desc')).toBe('CBA');
    expect(await textsOf('around=5&limit=2')).toBe('AB');
    expect(await textsOf('around=4&limit=2')).toBe('CD');
  });

  it('are what is found by the id of a row that they took the place of', async () => {
    // The rows 2 and 3 are shown no more: those that say the same are 5 and 6.
    expect(await textsOf('around=2&limit=2')).toBe('AB');
    expect(await textsOf('around=3&limit=2')).toBe('CD');
    expect(await server.json('/v1/sessions/long/messages?around=3&limit=2')).toMatchObject({ position: 2 });
    expect(await server.json('/v1/sessions/long/messages?around=3&order=desc')).toMatchObject({
      position: 2,
    });
    expect(await textsOf('after=3')).toBe('DE');
    expect(await textsOf('before=3')).toBe('AB');
    expect(await textsOf('after=2&role=user')).toBe('CE');
    expect((await server.get('/v1/sessions/long/messages?around=99')).status).toBe(404);
    expect((await server.get('/v1/sessions/long/messages?around=3&role=assistant')).status).toBe(404);
    // Each row stands for itself there.
    expect(await textsOf('around=3&limit=3&include_inactive=true')).toBe('ABC');
  });

  it('are found and exported at their places', async () => {
    const found = await server.json<MessageListResponse>('/v1/sessions/long/messages?search=fig&limit=10');
    expect(found.data.map(({ id, position }) => [id, position])).toEqual([
      [1, 0],
      [5, 1],
      [6, 2],
      [4, 3],
      [7, 4],
    ]);
    const { text } = await server.get('/v1/sessions/long/export?format=markdown');
    expect(
      text
        .match(/[A-E] fig/g)
        ?.slice(-5)
        .join(''),
    ).toBe('A figB figC figD figE fig');
  });

  it('are no news', async () => {
    await server.json('/v1/sessions');
    const listener = await TestListener.to(server, '/v1/sessions/long/events');
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      writer.db.exec('UPDATE messages SET active = 0, compacted = 1 WHERE id IN (5, 6)');
      copyTail(writer, places);
    });
    await server.settled();
    writer.addMessage(message('F', 5));
    writer.close();
    await listener.until((events) => events.some(({ type }) => type === 'message.created'));
    await server.settled();
    expect(listener.heard.flatMap(({ message: heard }) => heard?.content ?? [])).toEqual(['F fig']);
    expect(await textsOf('')).toBe('ABCDEF');
    listener.leave();
  });
});

describe('rows that a newer version says to be one message', () => {
  it('are shown as their newest one, where the first stands', async () => {
    const path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, 31);
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(1) });
    writer.addMessage(message('A', 0));
    writer.addMessage(message('B', 1));
    const server = await TestServer.start(path);
    await server.json('/v1/sessions');
    // What an agent has kept is written anew with more in it, and the first row stays.
    writer.addMessage({ ...message('A', 0), content: 'A and more', timestamp: hour(2) });
    writer.addMessage(message('C', 2));
    writer.close();
    await server.settled();
    const page = await server.json<MessageListResponse>('/v1/sessions/long/messages');
    expect([page.total, page.data.map(({ content }) => content)]).toEqual([
      3,
      ['A and more', 'B fig', 'C fig'],
    ]);
    expect(await server.json('/v1/sessions/long')).toMatchObject({ turn_count: 2 });
    expect(await server.json('/v1/sessions/long/messages?search=A')).toMatchObject({
      data: [{ content: 'A and more', position: 0 }],
    });
    await server.close();
  });
});

describe('messages that Hermes merged for its model alone', () => {
  let path: string;
  let server: TestServer;

  beforeAll(async () => {
    path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, 30);
    writer.addSession({ id: 'merged', source: 'cli', started_at: hour(1) });
    const add = (content: string, minute: number, more: Readonly<Record<string, number | string>>): void => {
      const at = { session_id: 'merged', role: 'user', timestamp: hour(1) + 60 * minute };
      writer.addMessage({ ...at, content, ...more });
    };
    // Where the merged one comes first, it would be the preview.
    add('quince and fig', 0, { display_metadata: '{"model_only": true}' });
    add('quince', 1, ARCHIVED);
    add('fig', 2, ARCHIVED);
    add('fig, reacted to', 3, { display_metadata: '{"reactions": [{"emoji": "👍"}], "model_only": false}' });
    add('fig, marked in a way that nobody reads', 4, { display_metadata: 'model_only' });
    writer.close();
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  const SHOWN = ['quince', 'fig', 'fig, reacted to', 'fig, marked in a way that nobody reads'];

  it('are in no transcript, where those are that they were merged of', async () => {
    for (const query of ['', '?include_inactive=true']) {
      const page = await server.json<MessageListResponse>(`/v1/sessions/merged/messages${query}`);
      expect([page.total, page.data.map(({ content }) => content)]).toEqual([4, SHOWN]);
    }
    expect(await server.json('/v1/sessions/merged')).toMatchObject({ preview: 'quince', turn_count: 4 });
    const { text } = await server.get('/v1/sessions/merged/export?format=markdown');
    expect(text).not.toContain('quince and fig');
  });

  it('are not found', async () => {
    for (const [search, count] of [
      ['quince', 1],
      ['"quince and fig"', 0],
    ] as const) {
      const query = `search=${encodeURIComponent(search)}`;
      expect(await server.json(`/v1/sessions/merged/messages?${query}`)).toMatchObject({ total: count });
      expect(await server.json(`/v1/sessions?${query}`)).toMatchObject({ total: count });
    }
  });

  it('are told of to nobody, neither by an event nor by a search right after', async () => {
    const listener = await TestListener.to(server, '/v1/sessions/merged/events');
    const writer = HistoryWriter.open(path);
    const at = { session_id: 'merged', role: 'user', timestamp: hour(2) };
    writer.addMessage({ ...at, content: 'durian and fig', display_metadata: '{"model_only": true}' });
    writer.addMessage({ ...at, content: 'papaya' });
    writer.close();
    await listener.until((events) => events.some(({ type }) => type === 'message.created'));
    await server.settled();
    expect(listener.heard.flatMap(({ message: heard }) => heard?.content ?? [])).toEqual(['papaya']);
    expect(await server.json('/v1/sessions?search=durian')).toMatchObject({ total: 0 });
    listener.leave();
  });

  it("are what Hermes's own routes give of what the model reads, and not of what people read", async () => {
    const read = async (query: string): Promise<readonly unknown[]> => {
      const path = `/api/sessions/merged/messages${query}`;
      const { data } = await server.json<{ data: readonly { content: unknown }[] }>(path);
      return data.map(({ content }) => content);
    };
    expect(await read('')).toContain('quince and fig');
    expect(await read('?include_compacted=true')).not.toContain('quince and fig');
    expect(await read('?include_compacted=true')).toEqual(expect.arrayContaining(SHOWN));
  });
});

describe('thousands of messages of one time, as an import may leave them', () => {
  /** Each compared with all others, they would take minutes. */
  const MANY = 12_000;

  it.each([25, 30] as const)(
    'are shown once each, those that were compacted away on schema version %d',
    async (version) => {
      const path = join(temporaryFolder(), 'state.db');
      const writer = HistoryWriter.create(path, version);
      const add = (text: number, more: Readonly<Record<string, number>>): void => {
        const at = { session_id: "o'dd ü", role: 'user', timestamp: hour(1) };
        writer.addMessage({ ...at, content: `fig ${text}`, ...more });
      };
      writer.addSession({ id: "o'dd ü", source: 'cli', started_at: hour(1) });
      writer.together(() => {
        for (let text = 0; text < MANY; text++) add(text, ARCHIVED);
        add(1, ARCHIVED);
        add(0, {});
      });
      writer.close();
      const server = await TestServer.start(path);
      const id = encodeURIComponent("o'dd ü");
      const page = await server.json<MessageListResponse>(`/v1/sessions/${id}/messages?limit=3`);
      // The row in use rather than one that is not, and the newest of these.
      expect(page.data.map((shown) => [shown.content, shown.id])).toEqual([
        ['fig 0', MANY + 2],
        ['fig 1', MANY + 1],
        ['fig 2', 3],
      ]);
      expect(page.total).toBe(MANY);
      expect(await server.json(`/v1/sessions/${id}`)).toMatchObject({ turn_count: MANY });
      const found = await server.json<MessageListResponse>(`/v1/sessions/${id}/messages?search=fig&limit=3`);
      expect(found.total).toBe(MANY);
      await server.close();
    },
  );
});
