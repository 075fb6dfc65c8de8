import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errorCode } from '../../src/config/error-code.js';
import { freePort } from '../support/free-port.js';
import { historyWithLongSession, smallHistory } from '../support/histories.js';
import { CliProcess } from '../support/process.js';
import { ServedHistory } from '../support/served.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

const BODY = '{"title": "Renamed while stopping"}';

/** A rename of which the server has seen all but the last byte, so that it runs until that comes. */
async function beginRename(server: ServedHistory): Promise<{ finish: () => void; answer: Promise<string> }> {
  const socket: Socket = connect(server.port, '127.0.0.1');
  const answer = new Promise<string>((done) => {
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      done(received);
    });
  });
  const head = [
    'PATCH /v1/sessions/plain HTTP/1.1',
    'Host: a',
    `Authorization: Bearer ${TEST_KEY}`,
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${BODY.slice(0, -1)}`);
  // Whatever is answered after this was read after the lines above.
  await server.get('/livez');
  return { finish: () => socket.write(BODY.slice(-1)), answer };
}

async function hasStopped(server: ServedHistory): Promise<void> {
  await server.process.printed(/"msg":"stopping"/);
  for (;;) {
    try {
      await fetch(`${server.url}/livez`, { headers: { connection: 'close' } });
    } catch {
      return;
    }
  }
}

describe('a signal to stop', () => {
  let server: ServedHistory;

  beforeEach(async () => {
    server = await ServedHistory.start(smallHistory(25));
  });

  afterEach(async () => {
    server.process.kill('SIGKILL');
    await server.process.ended;
  });

  it('lets an export end that was under way, and then waits for nobody', async () => {
    const exporting = await ServedHistory.start(historyWithLongSession(), { STOP_TIMEOUT_MS: '600000' });
    const socket = connect(exporting.port, '127.0.0.1');
    socket.write(
      `GET /v1/sessions/long/export HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TEST_KEY}\r\n\r\n`,
    );
    let end = '';
    const closed = new Promise((done) => socket.once('close', done));
    await new Promise<void>((begun) => {
      socket.on('data', (chunk: Buffer) => {
        end = (end + chunk.toString('latin1')).slice(-5);
        begun();
      });
    });
    socket.pause();
    exporting.process.kill('SIGTERM');
    await exporting.process.printed(/"msg":"stopping"/);
    socket.resume();
    await closed;
    expect(end).toBe('0\r\n\r\n');
    const { code, stdout } = await exporting.process.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain('their connections are cut');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'lets nobody in any more, lets a running request end, and exits with 0: %s',
    async (signal) => {
      const rename = await beginRename(server);
      server.process.kill(signal);
      await hasStopped(server);
      rename.finish();
      const answer = await rename.answer;
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
      expect(answer.toLowerCase()).toContain('connection: close');
      expect(answer).toContain('Renamed while stopping');
      expect(await server.process.ended).toMatchObject({ code: 0, signal: null });
    },
  );

  it('is not held by a connection that nothing was sent on', async () => {
    // Running requests may go on for ten minutes here, longer than this test.
    const server = await ServedHistory.start(smallHistory(25), { STOP_TIMEOUT_MS: '600000' });
    const idle = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    // The server has taken the connection once it answers on a later one.
    await server.get('/livez');
    server.process.kill('SIGTERM');
    expect(await server.process.ended).toMatchObject({ code: 0, signal: null });
    idle.destroy();
  });

  it('twice ends at once', async () => {
    const rename = await beginRename(server);
    server.process.kill('SIGTERM');
    await server.process.printed(/"msg":"stopping"/);
    server.process.kill('SIGTERM');
    expect(await server.process.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(await rename.answer).toBe('');
  });
});

describe('a log in a full pipe that nobody reads', () => {
  it('keeps no server from its end', async () => {
    const pipe = join(temporaryFolder(), 'log');
    execFileSync('mkfifo', [pipe]);
    const descriptor = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    fill(descriptor);
    const port = await freePort();
    const server = new CliProcess(
      ['serve'],
      { STATE_DB: smallHistory(25), API_SERVER_KEY: TEST_KEY, PORT: String(port) },
      { through: ['/bin/bash', '-c', 'exec "$@" > "$0"', pipe] },
    );
    await until(() => isAlive(`http://127.0.0.1:${port}/livez`));
    server.kill('SIGTERM');
    const ended = await Promise.race([server.ended, setTimeout(STOPPING, undefined, { ref: false })]);
    server.kill('SIGKILL');
    closeSync(descriptor);
    expect(ended).toMatchObject({ code: 0, signal: null });
  });
});

/** How long a server may take to stop on a busy machine, in milliseconds. */
const STOPPING = 30_000;

function fill(descriptor: number): void {
  try {
    for (;;) writeSync(descriptor, 'x'.repeat(4096));
  } catch (error) {
    if (errorCode(error) !== 'EAGAIN') throw error;
  }
}

async function isAlive(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

describe('a request that does not end', () => {
  it('is cut off after STOP_TIMEOUT_MS, and the exit code is still 0', async () => {
    const path = smallHistory(25);
    const server = await ServedHistory.start(path, { STOP_TIMEOUT_MS: '200' });
    const rename = await beginRename(server);
    server.process.kill('SIGTERM');
    expect(await server.process.ended).toMatchObject({ code: 0 });
    expect(await rename.answer).toBe('');
  });
});

describe('the key', () => {
  it('is in no line of the log, no error and not in the process title', async () => {
    const server = await ServedHistory.start(smallHistory(25), { LOG_LEVEL: 'trace' });
    await server.get('/v1/sessions?search=tomatoes');
    await server.get('/v1/sessions/nobody');
    // Linux alone shows it there; elsewhere the arguments are what was given above, without a key.
    const title =
      process.platform === 'linux' ? readFileSync(`/proc/${server.process.pid}/cmdline`, 'utf8') : '';
    await server.stop();
    const { stdout, stderr } = await server.process.ended;
    expect(stdout).toContain('"status":404');
    expect(`${stdout}${stderr}${title}`).not.toContain(TEST_KEY);
  });
});
