import { join } from 'node:path';
import { createKey, writeKeyFile } from '../../src/auth/key-file.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { slowHistory } from '../support/slow-history.js';

describe('searches that take long', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(slowHistory(), { SEARCH_TIMEOUT_MS: '100', ANSWER_CACHE_MB: '0' });
  });

  afterAll(() => server.close());

  it('are stopped with 503 search_timeout, and the next one is served', async () => {
    for (let turn = 0; turn < 3; turn++) {
      const slow = await server.get('/v1/sessions?search=haystack');
      expect(slow.status).toBe(503);
      expect(slow.headers['retry-after']).toBe('1');
      expect(slow.body).toMatchObject({
        error: { type: 'service_unavailable', code: 'search_timeout', param: null },
      });
      expect(await server.json('/v1/sessions?search=%2B')).toMatchObject({ total: 0 });
    }
  });

  it('keep nobody else waiting', async () => {
    const patient = await TestServer.start(slowHistory(), { ANSWER_CACHE_MB: '0' });
    await patient.json('/v1/sessions');
    const slow = patient.get('/v1/sessions?search=haystack').then(({ status }) => `search ${status}`);
    const lists = (async () => {
      for (let turn = 0; turn < 5; turn++) await patient.json('/v1/sessions');
      return 'lists';
    })();
    expect(await Promise.race([slow, lists])).toBe('lists');
    await slow;
    await patient.close();
  });

  it('are refused at once with 503 search_busy when too many of a key wait, and to no other key', async () => {
    const { record, token } = createKey({ name: 'other', scopes: ['sessions:read'] }, new Date());
    const keysFile = join(temporaryFolder(), 'keys.json');
    writeKeyFile(keysFile, [record]);
    // Long enough for all of them to come on a busy machine, and less than half of what one of them takes on an idle one.
    const crowded = await TestServer.start(slowHistory(180), {
      SEARCH_TIMEOUT_MS: '500',
      ANSWER_CACHE_MB: '0',
      KEYS_FILE: keysFile,
    });
    await crowded.json('/v1/sessions');
    const many = Array.from({ length: 150 }, () => crowded.get('/v1/sessions?search=haystack'));
    const crowd = Promise.all(many);
    await Promise.race(many);
    expect((await crowded.as(token).get('/v1/sessions?search=haystack')).body).toMatchObject({
      error: { code: 'search_timeout' },
    });
    const answers = await crowd;
    const codes = answers.map(({ body }) => (body as { error: { code: string } }).error.code);
    expect(new Set(codes)).toEqual(new Set(['search_timeout', 'search_busy']));
    for (const { status, headers } of answers) expect([status, headers['retry-after']]).toEqual([503, '1']);
    expect((await crowded.get('/v1/sessions?search=haystack')).status).toBe(503);
    await crowded.close();
  });

  it('find what they look for where they may take their time', async () => {
    const patient = await TestServer.start(slowHistory());
    expect(await patient.json('/v1/sessions?search=needle')).toMatchObject({
      total: 1,
      data: [{ id: 'long', match: { snippet: 'a <mark>needle</mark>' } }],
    });
    await patient.close();
  });
});
