import { Authenticator } from '../../src/auth/authenticator.js';
import { readKeyFile, writeKeyFile, type KeyRecord } from '../../src/auth/key-file.js';
import { smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

describe('what goes on with a key', () => {
  it.each<[string, Partial<KeyRecord>]>([
    ['fewer sessions', { user_id: 'ana' }],
    ['other scopes', { scopes: ['metrics'] }],
    ['more sessions', { platforms: undefined }],
  ])('goes on while that is as it was, and not once it is for %s', async (_what, change) => {
    const keys = keyFileWith({ scopes: ['sessions:read'], platforms: ['cli'] });
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: keys.path });
    const authenticator = server.app.get(Authenticator, { strict: false });
    const principal = await authenticator.identify(keys.token);
    const isCurrent = (): Promise<boolean> | undefined => principal?.isCurrent();
    expect(await isCurrent()).toBe(true);
    const [key] = readKeyFile(keys.path);
    if (key === undefined || principal === undefined) throw new Error('There is no key.');
    writeKeyFile(keys.path, [{ ...key, expires_at: '9999-12-31T23:59:59.999Z' }]);
    expect(await isCurrent()).toBe(true);
    writeKeyFile(keys.path, [{ ...key, ...change }]);
    await until(async () => (await isCurrent()) === false);
    // Whoever comes back is let in with what the key is for by now.
    expect(await (await authenticator.identify(keys.token))?.isCurrent()).toBe(true);
    await server.close();
  });
});
