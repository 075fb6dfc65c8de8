import { request, type ClientRequest } from 'node:http';
import { smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

const IMPORT = '/dashboard/api/sessions/import';

describe('imports at a time', () => {
  it('are two with one key, however many others have: each is gathered as a whole', async () => {
    const keys = keyFileWith({ scopes: ['sessions:read', 'sessions:write'] });
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: keys.path });
    const url = (await server.app.getUrl()) + IMPORT;
    const begin = async (key: string): Promise<ClientRequest> => {
      const headers = { authorization: `Bearer ${key}`, 'content-length': '1000', expect: '100-continue' };
      const begun = request(url, { method: 'POST', headers });
      begun.on('error', () => undefined).flushHeaders();
      await new Promise((resolve) => begun.once('continue', resolve));
      return begun;
    };
    const once = (key: string): Promise<number> =>
      server
        .as(key)
        .post(IMPORT, { sessions: [] })
        .then(({ status }) => status);
    const begun = [await begin(keys.token), await begin(keys.token)];
    await until(async () => (await once(keys.token)) === 503, 'a refusal');
    expect([await once(TEST_KEY), (await server.as(keys.token).get('/v1/sessions')).status]).toEqual([
      200, 200,
    ]);
    for (const each of begun) each.destroy();
    await until(async () => (await once(keys.token)) === 200, 'room for another one');
    await server.close();
  });
});
