import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SchemaVersion } from '../../src/demo/state-db/schema.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { litter, ODD_IDS } from '../support/garbage.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { atLength } from '../support/rounds.js';
import { TestServer } from '../support/server.js';

/** What must never be answered with a 5xx; a hang would end the test. */
async function answered(
  request: Promise<{ status: number; body: unknown; text: string }>,
  what: string,
): Promise<unknown> {
  const { status, body, text } = await request;
  if (status >= 500) throw new Error(`${what}: ${status} ${text.slice(0, 300)}`);
  return body;
}

describe.each(atLength<readonly SchemaVersion[]>([6, 16, 25, 30], [16, 30]))(
  'a history of version %d full of garbage',
  (version) => {
    let path: string;
    let server: TestServer;

    beforeAll(async () => {
      path = smallHistory(version, version === 16 ? 'delete' : 'wal');
      if (version !== 16) withManySessions(path);
      litter(path);
      server = await TestServer.start(path);
    });

    afterAll(() => server.close());

    const get = (query: string): Promise<unknown> => answered(server.get(query), query);

    it.each([
      'sort=-last_active_at',
      'sort=started_at',
      'include_children=true&archived=any',
      'archived=true',
      'platform=cli&since=2020-01-01',
      'search=litter',
      'search=circle+OR+chain&include_children=true',
      'search=%3Cscript%3E',
      'user_id=null',
      'title=yesterday',
    ])('is listed to its end: %s', async (query) => {
      const ids: string[] = [];
      let total: number;
      for (let after = ''; ;) {
        const page = (await get(`/v1/sessions?limit=200&${query}${after}`)) as SessionListResponse;
        ids.push(...page.data.map(({ id }) => id));
        total = page.total;
        if (page.next_cursor === null) break;
        after = `&after=${encodeURIComponent(page.next_cursor)}`;
      }
      expect(ids).toHaveLength(total);
      expect(new Set(ids).size).toBe(total);
    });

    it('is read, session by session and message by message', async () => {
      const db = new Sqlite(path, { readonly: true });
      const ids = db
        .prepare<[], string>("SELECT id FROM sessions WHERE typeof(id) = 'text' AND id NOT LIKE 'filler%'")
        .pluck()
        .all();
      db.close();
      expect(ids).toEqual(expect.arrayContaining(ODD_IDS));
      const readable = ids.filter((each) => each !== '' && !/^\.{1,2}$/.test(each));
      // Garbage is told apart by its number: of that a short run reads some of each column.
      const share = atLength(1, 5);
      for (const id of readable.filter((each, at) => !each.startsWith('litter ') || at % share === 0)) {
        const url = `/v1/sessions/${encodeURIComponent(id)}`;
        expect(await get(url)).toMatchObject({ id: id.toWellFormed() });
        expect(
          await get(`${url}/messages?limit=500&lineage=true&include_inactive=true&order=desc`),
        ).toMatchObject({
          session_id: id.toWellFormed(),
        });
      }
      const littered = (await get(
        '/v1/sessions/littered/messages?limit=500&include_inactive=true',
      )) as MessageListResponse;
      expect(littered.data.length).toBeGreaterThan(300);
      const plain = (await get('/v1/sessions/plain/messages')) as MessageListResponse;
      expect(plain.data.map(({ id }) => id)).toEqual(
        [...plain.data.map(({ id }) => id)].sort((a, b) => a - b),
      );
    });

    it('is renamed, archived and deleted', async () => {
      for (const id of [
        ...ODD_IDS.filter((each) => !/^\.{1,2}$/.test(each)),
        'cycle 1',
        'own parent',
        'orphan',
        'link 70',
      ]) {
        const url = `/v1/sessions/${encodeURIComponent(id)}`;
        expect(
          await answered(server.patch(url, { title: `Renamed ${id}`.slice(0, 90) }), `PATCH ${id}`),
        ).toMatchObject({ id });
        await answered(server.patch(url, { archived: true }), `PATCH ${id}`);
        expect(await answered(server.delete(url), `DELETE ${id}`)).toMatchObject({ deleted: true });
        expect((await server.get(url)).status).toBe(404);
      }
      const db = new Sqlite(path);
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      db.close();
    });
  },
);

describe.each(atLength<readonly ('wal' | 'delete')[]>(['wal', 'delete'], ['wal']))(
  'a history of very large things in %s mode',
  (mode) => {
    const LONG = atLength(100_000, 20_000);
    /** The message in which the word stands most often. */
    const OFTEN = LONG - 2223;
    const LARGE = 50 * 1024 * 1024;
    let path: string;
    let server: TestServer;

    beforeAll(async () => {
      path = smallHistory(25, mode);
      const writer = HistoryWriter.open(path);
      writer.db.pragma('synchronous = OFF');
      writer.together(() => {
        writer.addSession({ id: 'long', source: 'cli', started_at: hour(60) });
        const add = writer.db.prepare(
          "INSERT INTO messages (session_id, role, content, timestamp) VALUES ('long', ?, ?, ?)",
        );
        for (let at = 0; at < LONG; at++)
          add.run(
            at % 2 === 0 ? 'user' : 'assistant',
            `everyday ${at}${at === OFTEN ? ' everyday everyday' : ''}`,
            hour(60) + at / 10,
          );
        writer.addSession({ id: 'large', source: 'cli', started_at: hour(100) });
        say(writer, 'large', 'user', `${'lorem ipsum '.repeat(LARGE / 12)} needle`, hour(100));
        say(
          writer,
          'large',
          'assistant',
          `\u0000json:[{"type":"text","text":"${'dolor '.repeat(LARGE / 60)} thread"}]`,
          hour(100),
        );
      });
      writer.close();
      server = await TestServer.start(path);
    });

    afterAll(() => server.close());

    it('is listed with its previews, searched and read', async () => {
      const list = (await answered(server.get('/v1/sessions?limit=2'), 'list')) as SessionListResponse;
      expect(list.data.map(({ id, preview, turn_count }) => [id, preview, turn_count])).toEqual([
        ['large', 'lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum ...', 1],
        ['long', 'everyday 0', LONG / 2],
      ]);
      expect(await answered(server.get('/v1/sessions?search=needle'), 'search')).toMatchObject({
        total: 1,
        data: [{ id: 'large', match: { snippet: expect.stringContaining('<mark>needle</mark>') } }],
      });
      const page = (await answered(
        server.get(`/v1/sessions/long/messages?offset=${LONG - 10}&limit=500`),
        'page',
      )) as MessageListResponse;
      expect([page.total, page.data.length, page.data[0]?.content]).toEqual([
        LONG,
        10,
        `everyday ${LONG - 10}`,
      ]);
      const large = await server.get('/v1/sessions/large/messages');
      expect([large.status, large.text.length > LARGE]).toEqual([200, true]);
    });

    it('ranks every one of very many hits, in either journal mode alike', async () => {
      const found = (await answered(
        server.get('/v1/sessions?search=everyday'),
        'search',
      )) as SessionListResponse;
      expect(found.total).toBe(1);
      expect(found.data[0]?.match?.snippet).toContain(`everyday</mark> ${OFTEN}`);
    });
  },
);
