import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createKey, writeKeyFile } from '../../src/auth/key-file.js';
import { execute, isReady, servers, stopAll, titleOf } from '../support/faults.js';
import { smallHistory } from '../support/histories.js';
import { ServedHistory } from '../support/served.js';
import { temporaryFolder } from '../support/server.js';
import { until } from '../support/wait.js';

/** What ends a server where no file is left may be done a second later. */
const LONG_ENOUGH = 2500;

/** Opens files until there are no more on one signal, and lets go of them on the next one. */
const HOARDING = `
  import { closeSync, openSync } from 'node:fs';
  const files = [];
  process.on('SIGUSR2', () => {
    if (files.length > 0) return files.forEach((file) => closeSync(file));
    try { for (;;) files.push(openSync('/dev/null')); } catch {}
    console.log('none is left');
  });`;

const FEW = { through: ['/bin/bash', '-c', 'ulimit -n 200; exec "$@"', 'bash'] };

afterEach(stopAll);

describe('a server that may open few files', () => {
  it('has fewer connections, and answers however many are opened', async () => {
    const server = await ServedHistory.start(smallHistory(25), {}, FEW);
    servers.push(server);
    expect(server.process.soFar).toContain('"max_connections":100,"open_files":200');
    const callers: Socket[] = [];
    try {
      for (let times = 0; times < 250; times++)
        callers.push(connect(server.port, '127.0.0.1').on('error', () => undefined));
      await until(() => callers.filter(({ destroyed }) => destroyed).length >= 150);
      expect((await server.get('/v1/sessions?search=tomatoes')).status).toBe(200);
    } finally {
      for (const caller of callers) caller.destroy();
    }
    await until(() => isAnswered(server));
  });

  it('goes on where none was left for a time', async () => {
    const path = smallHistory(25);
    const keys = join(temporaryFolder(), 'keys.json');
    const environment = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(HOARDING)}`,
      KEYS_FILE: keys,
    };
    const server = await ServedHistory.start(path, environment, FEW);
    servers.push(server);
    await isReady(server);
    // On a connection that is kept: for another one there is no file.
    await titleOf(server, 'plain');
    const begin = performance.now();
    server.process.kill('SIGUSR2');
    await server.process.printed(/none is left/);
    // Its thread cannot be begun.
    expect(await statusOfSearch(server)).toBe(503);
    execute(path, "UPDATE sessions SET title = 'Meanwhile' WHERE id = 'plain'");
    const { record, token } = createKey({ name: 'meanwhile', scopes: ['sessions:read'] }, new Date());
    writeKeyFile(keys, [record]);
    await server.process.printed(/no key of the keys file is accepted/);
    await until(() => performance.now() - begin > LONG_ENOUGH);
    server.process.kill('SIGUSR2');
    await until(async () => (await titleOf(server, 'plain').catch(() => undefined)) === 'Meanwhile');
    await until(async () => (await statusOfSearch(server).catch(() => undefined)) === 200);
    await until(async () => (await statusFor(server, token)) === 200, 'The key');
    expect(server.process.soFar.match(/no key of the keys file is accepted/g)).toHaveLength(1);
  });
});

/** With what a list is answered to whoever shows this key. */
async function statusFor(server: ServedHistory, key: string): Promise<number> {
  const response = await fetch(`${server.url}/v1/sessions`, { headers: { authorization: `Bearer ${key}` } });
  await response.text();
  return response.status;
}

/** With what a search is answered. */
async function statusOfSearch(server: ServedHistory): Promise<number> {
  const response = await server.get('/v1/sessions?search=tomatoes');
  await response.text();
  return response.status;
}

/** On a connection that was kept, and that the server has closed, nothing is answered. */
function isAnswered(server: ServedHistory): Promise<boolean> {
  return server.get('/readyz').then(
    ({ ok }) => ok,
    () => false,
  );
}
