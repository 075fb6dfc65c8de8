import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

async function tagOf(server: TestServer, path: string): Promise<string> {
  const { headers } = await server.get(path).set('Accept-Encoding', 'identity');
  return headers.etag ?? '';
}

describe('conditional requests', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  it.each([
    '/v1/sessions',
    '/v1/sessions?search=tomatoes',
    '/v1/sessions/plain',
    '/v1/sessions/plain/messages',
    '/v1/capabilities',
    '/livez',
    '/readyz',
    '/health',
    '/openapi.json',
    '/docs/',
  ])('GET %s has a tag and answers 304 to it, without a body', async (path) => {
    await server.get('/v1/sessions');
    const tag = await tagOf(server, path);
    expect(tag).toMatch(/^"[\w-]{27}"$/);
    for (const header of [tag, `W/${tag}`, `"x", ${tag}`]) {
      const response = await server.get(path).set('If-None-Match', header);
      expect(response.status).toBe(304);
      expect(response.text).toBe('');
      expect(response.headers.etag).toBe(tag);
    }
    expect((await server.get(path).set('If-None-Match', '"x"')).status).toBe(200);
  });

  it('detailed health has a tag too, which changes with its figures', async () => {
    expect(await tagOf(server, '/health/detailed')).toMatch(/^"[\w-]{27}"$/);
  });

  it('a kept answer needs a key like any other', async () => {
    await server.get('/v1/sessions');
    await server.get('/v1/sessions');
    expect((await server.http.get('/v1/sessions')).status).toBe(401);
  });
});

describe('conditional requests while something changes', () => {
  let agent: HistoryWriter;
  let server: TestServer;

  beforeEach(async () => {
    const path = smallHistory(25);
    server = await TestServer.start(path);
    agent = HistoryWriter.open(path);
  });

  afterEach(async () => {
    agent.close();
    await server.close();
  });

  it('a kept answer is the same, and never given after a commit', async () => {
    const first = await server.get('/v1/sessions');
    const kept = await server.get('/v1/sessions');
    expect(kept.text).toBe(first.text);
    expect(kept.headers['content-type']).toBe('application/json; charset=utf-8');
    for (let turn = 0; turn < 20; turn++) {
      say(agent, 'plain', 'user', `question ${turn}`, hour(60) + turn);
      await server.settled();
      const page = await server.json<SessionListResponse>('/v1/sessions?limit=1');
      expect(page.data[0]).toMatchObject({ id: 'plain', message_count: 5 + turn });
      const response = await server.get('/v1/sessions/plain/messages').set('If-None-Match', '*');
      expect(response.status).toBe(304);
      expect(await server.json('/v1/sessions/plain/messages')).toMatchObject({ total: 5 + turn });
    }
  });

  it('a rename through the API changes the tags of what shows it', async () => {
    const before = [await tagOf(server, '/v1/sessions'), await tagOf(server, '/v1/sessions/plain')];
    const patched = await server
      .patch('/v1/sessions/plain', { title: 'Another name' })
      .set('Accept-Encoding', 'identity');
    const after = [await tagOf(server, '/v1/sessions'), await tagOf(server, '/v1/sessions/plain')];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(patched.headers.etag).toBe(after[1]);
  });

  it('If-Match lets only a change of what was read through', async () => {
    const tag = await tagOf(server, '/v1/sessions/plain');
    say(agent, 'plain', 'user', 'meanwhile', hour(60));
    await server.settled();
    const stale = await server.patch('/v1/sessions/plain', { title: 'Lost' }).set('If-Match', tag);
    expect(stale.status).toBe(412);
    expect(stale.body).toMatchObject({
      error: { type: 'invalid_request_error', code: 'precondition_failed', param: null },
    });
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Garden irrigation' });
    const fresh = await server
      .patch('/v1/sessions/plain', { title: 'Kept' })
      .set('If-Match', await tagOf(server, '/v1/sessions/plain'));
    expect(fresh.status).toBe(200);
    const any = await server.patch('/v1/sessions/plain', { title: 'Any' }).set('If-Match', '*');
    expect(any.status).toBe(200);
    const missing = await server.patch('/v1/sessions/nobody', { title: 'x' }).set('If-Match', '*');
    expect(missing.status).toBe(404);
  });

  it.each(['/v1/sessions/branch', '/api/sessions/branch'])(
    'If-Match holds for DELETE and PATCH of %s',
    async (path) => {
      const tag = await tagOf(server, path);
      say(agent, 'branch', 'user', 'meanwhile', hour(60));
      await server.settled();
      for (const [method, body] of [
        ['delete', undefined],
        ['patch', { title: 'Lost' }],
      ] as const) {
        const stale = await server.send(method, path, body).set('If-Match', tag);
        expect([method, stale.status, stale.body]).toMatchObject([
          method,
          412,
          { error: { code: 'precondition_failed' } },
        ]);
      }
      const renamed = await server.patch(path, { title: 'Kept' }).set('If-Match', await tagOf(server, path));
      expect(renamed.status).toBe(200);
      expect((await server.delete(path).set('If-Match', renamed.headers.etag ?? '')).status).toBe(200);
      expect((await server.delete(path).set('If-Match', '*')).status).toBe(404);
    },
  );

  it.each(['*', '"any"'])('If-None-Match: %s keeps changes from being made', async (tag) => {
    for (const path of ['/v1/sessions/plain', '/api/sessions/plain']) {
      for (const [method, body] of [
        ['patch', { title: 'Lost' }],
        ['delete', undefined],
      ] as const) {
        const refused = await server.send(method, path, body).set('If-None-Match', tag);
        expect([method, refused.status, refused.body]).toMatchObject([
          method,
          412,
          { error: { code: 'precondition_failed' } },
        ]);
      }
    }
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Garden irrigation' });
  });

  it.each([
    ['/v1/sessions/bulk', { action: 'delete', ids: ['plain'] }],
    ['/v1/sessions/prune', { max_messages: 1 }],
  ])('If-Match keeps %s from changing anything, since it has no tag', async (path, body) => {
    const refused = await server.post(path, body).set('If-Match', '"any"');
    expect([refused.status, refused.body]).toMatchObject([412, { error: { code: 'precondition_failed' } }]);
    expect((await server.get('/v1/sessions/plain')).status).toBe(200);
  });
});
