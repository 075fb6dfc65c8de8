import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say } from '../support/histories.js';
import { ROOT } from '../support/root.js';
import { TestServer } from '../support/server.js';
import { temporaryHistory } from '../support/temporary-history.js';

const { paths } = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as {
  readonly paths: Readonly<Record<string, unknown>>;
};

/** Words that stand where a session's id stands in other paths: of this API, and of both of Hermes's servers. */
const NAMES = [
  ...new Set([
    ...Object.keys(paths).flatMap((path) => /^\/v1\/sessions\/([^/{]+)$/.exec(path)?.[1] ?? []),
    ...['search', 'stats', 'empty', 'import', 'prune', 'bulk-delete', 'sessions', 'messages', 'details'],
  ]),
];

describe('sessions whose ids are words of other paths', () => {
  let server: TestServer;

  beforeAll(async () => {
    const { stateDb } = temporaryHistory(25);
    const writer = HistoryWriter.open(stateDb);
    for (const id of NAMES) {
      writer.addSession({ id, source: 'api_server', started_at: hour(20) });
      say(writer, id, 'user', `Said in ${id}`, hour(20));
    }
    writer.close();
    server = await TestServer.start(stateDb);
  });

  afterAll(() => server.close());

  it('are these', () => {
    expect(NAMES).toEqual(expect.arrayContaining(['bulk', 'events', 'export', 'prune', 'stats']));
  });

  it.each(NAMES)('%s is read, renamed and deleted', async (id) => {
    const address = `/v1/sessions/${id}`;
    const details = await server.get(`${address}/details`);
    expect([details.status, details.body]).toMatchObject([200, { id, preview: `Said in ${id}` }]);
    expect(await server.json(`${address}/messages`)).toMatchObject({ session_id: id, total: 1 });
    expect(await server.json(`${address}/chain`)).toMatchObject({ data: [details.body] });

    const etag = String(details.headers.etag);
    expect((await server.get(`${address}/details`).set('If-None-Match', etag)).status).toBe(304);
    const renamed = await server.patch(address, { title: `Titled ${id}` }).set('If-Match', etag);
    expect([renamed.status, renamed.body]).toMatchObject([200, { id, title: `Titled ${id}` }]);
    await server.settled();
    expect((await server.patch(address, { title: 'Late' }).set('If-Match', etag)).status).toBe(412);

    expect(await server.json(`/api/sessions/${id}`)).toMatchObject({
      session: { id, title: `Titled ${id}` },
    });
    expect(await server.json(`/api/sessions/${id}/messages`)).toMatchObject({
      data: [{ content: `Said in ${id}` }],
    });
    expect(await server.json(`/dashboard/api/sessions/${id}/messages`)).toMatchObject({
      messages: [{ content: `Said in ${id}` }],
    });

    expect((await server.delete(address)).body).toMatchObject({ id, deleted: true });
    expect((await server.get(`${address}/details`)).status).toBe(404);
    expect(await server.json('/v1/sessions/stats')).toMatchObject({
      object: expect.stringContaining('stat'),
    });
  });
});
