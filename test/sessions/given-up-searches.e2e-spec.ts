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

  it.each([
    '/v1/sessions?search=haystack',
    '/v1/sessions/long/messages?search=haystack',
    '/dashboard/api/sessions/search?q=haystack',
  ])('ends, and its thread is free for others: %s', async (path) => {
    await giveUp(server, path);
    expect(await server.json('/v1/sessions?search=%2B')).toMatchObject({ total: 0 });
  });
});
