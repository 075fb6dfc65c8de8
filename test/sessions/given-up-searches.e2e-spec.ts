import { giveUp } from '../support/given-up.js';
import { TestServer } from '../support/server.js';
import { slowHistory } from '../support/slow-history.js';

describe('a search whose connection is closed', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.onFile(slowHistory(), { SEARCH_TIMEOUT_MS: '600000', ANSWER_CACHE_MB: '0' });
    await server.json('/v1/sessions');
  });

  afterAll(() => server.close());

  const body = { search: 'haystack' };

  it.each<[method: 'get' | 'post', path: string, body: object | undefined]>([
    ['get', '/v1/sessions?search=haystack', undefined],
    ['get', '/v1/sessions/long/messages?search=haystack', undefined],
    ['get', '/dashboard/api/sessions/search?q=haystack', undefined],
    ['post', '/v1/sessions/export', body],
    ['post', '/v1/sessions/bulk', { action: 'pin', filter: body }],
  ])('ends, and its thread is free for others: %s %s', async (method, path, sent) => {
    await giveUp(server, () => server.send(method, path, sent));
    expect(await server.json('/v1/sessions?search=%2B')).toMatchObject({ total: 0 });
  });
});
