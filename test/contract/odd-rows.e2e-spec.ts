import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { kindsOfFile } from '../support/breadth.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { addOddRows, ODD_ROWIDS, UNREADABLE_ROWS } from '../support/odd-rows.js';
import { ORIGIN, TestServer } from '../support/server.js';

const HISTORIES = [
  ['that is read as a whole', (path: string) => path],
  ['that is followed', withManySessions],
] as const;

describe.each(kindsOfFile(HISTORIES, HISTORIES.slice(0, 1)))(
  'a history %s, with rows of odd numbers and ids that are no text',
  (_kind, grown) => {
    let path: string;
    let ids: readonly string[];
    let server: TestServer;

    const idsOf = async (query: string): Promise<readonly string[]> => {
      const { data, total } = await server.json<SessionListResponse>(`/v1/sessions?limit=200&${query}`);
      expect(data).toHaveLength(total);
      return data.map(({ id }) => id);
    };

    beforeAll(async () => {
      path = grown(smallHistory(25));
      ids = addOddRows(path);
      server = await TestServer.start(path);
    });

    afterAll(() => server.close());

    it('is served, but for what nobody can ask for', async () => {
      expect(await idsOf('platform=odd&sort=started_at')).toEqual(ids);
      expect(await idsOf('search=lantern&sort=started_at')).toEqual(ids);
      for (const id of ids) {
        const path = `/v1/sessions/${encodeURIComponent(id)}`;
        expect(await server.json(path)).toMatchObject({ id, preview: `lantern of ${id}` });
        expect(await server.json(`${path}/messages`)).toMatchObject({ total: 1 });
      }
      expect(await server.json('/v1/sessions/plain')).toMatchObject({ message_count: 4 });
      expect((await server.get('/v1/sessions/%EF%BF%BDA')).status).toBe(404);
    });

    it('says how much that is', async () => {
      expect(await server.json('/health/detailed')).toMatchObject({
        store: { unreadable_sessions: ORIGIN === null ? UNREADABLE_ROWS : null },
      });
    });

    it('is followed, and changed', async () => {
      const writer = HistoryWriter.open(path);
      writer.db
        .prepare("INSERT INTO sessions (rowid, id, source, started_at) VALUES (-99, 'late', 'odd', ?)")
        .run(hour(60));
      say(writer, 'late', 'user', 'lantern at last', hour(60));
      writer.close();
      await server.settled();
      expect(await idsOf('platform=odd&sort=started_at')).toEqual([...ids, 'late']);
      expect(await idsOf('search=lantern&sort=started_at')).toEqual([...ids, 'late']);

      const [first = ''] = ids;
      expect((await server.patch(`/v1/sessions/${first}`, { title: 'Below zero' })).status).toBe(200);
      expect(await idsOf('title=Below+zero')).toEqual([first]);
      expect((await server.delete(`/v1/sessions/${first}`)).body).toMatchObject({ deleted: true });
      expect((await server.delete('/v1/sessions/late')).body).toMatchObject({ deleted: true });
      await server.settled();
      expect(await idsOf('platform=odd&sort=started_at')).toEqual(ids.slice(1));
      expect(ids).toHaveLength(ODD_ROWIDS.length);
    });
  },
);

it('finds content that is stored as bytes, in its session as in the list', async () => {
  const path = smallHistory(25);
  const writer = HistoryWriter.open(path);
  writer.addSession({ id: 'bytes', source: 'odd', started_at: hour(1) });
  writer.db
    .prepare("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('bytes', 'user', ?, ?)")
    .run(Buffer.concat([Buffer.from('a lantern '), Buffer.from([0xff])]), hour(1));
  writer.close();
  const server = await TestServer.start(path);
  const hit = { snippet: 'a <mark>lantern</mark> \ufffd' };
  expect(await server.json('/v1/sessions?search=lantern')).toMatchObject({
    total: 1,
    data: [{ match: hit }],
  });
  expect(await server.json('/v1/sessions/bytes/messages?search=lantern')).toMatchObject({
    ...{ total: 1, data: [hit] },
  });
  await server.close();
});

it('is served where a parent or a configuration is no text', async () => {
  const path = smallHistory(25);
  const writer = HistoryWriter.open(path);
  for (const id of ['of bytes', 'of a number']) writer.addSession({ id, source: 'odd', started_at: hour(1) });
  writer.db.exec(
    `UPDATE sessions SET parent_session_id = x'ff00', model_config = '{"a": 1}' WHERE id = 'of bytes';
     UPDATE sessions SET parent_session_id = 'of bytes', model_config = 5 WHERE id = 'of a number'`,
  );
  writer.close();
  const server = await TestServer.start(path);
  for (const id of ['of bytes', 'of a number']) {
    const { status, body } = await server.get(`/api/sessions/${encodeURIComponent(id)}`);
    expect([status, body]).toMatchObject([200, { session: { id, has_model_config: true } }]);
  }
  await server.close();
});
