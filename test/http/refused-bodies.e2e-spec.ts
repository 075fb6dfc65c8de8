import { connect, type AddressInfo } from 'node:net';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

const MEBIBYTE = 1024 * 1024;
const LENGTH = 30 * MEBIBYTE;

describe('a client that reads no answer before it has sent everything', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25), { REQUEST_TIMEOUT_MS: '3000' });
  });

  afterAll(() => server.close());

  /** What comes back for a body that is sent to the end, and the error of the connection where there is one. */
  async function sendAll(path: string, framing: string, key: string, bytes = LENGTH): Promise<string> {
    const { port } = server.app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    let came = '';
    socket.on('error', ({ message }) => (came += message));
    const closed = new Promise((done) => socket.once('close', done));
    const [method, url] = path.split(' ', 2);
    socket.write(
      `${method} ${url} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`,
    );
    const piece = Buffer.alloc(MEBIBYTE, 'x');
    const chunk = framing.startsWith('Content-Length')
      ? piece
      : Buffer.concat([Buffer.from(`${MEBIBYTE.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
    for (let sent = 0; sent < bytes && !socket.destroyed; sent += MEBIBYTE)
      if (!socket.write(chunk)) await until(() => socket.destroyed || !socket.writableNeedDrain, 'Room');
    if (chunk !== piece && socket.writable) socket.write('0\r\n\r\n');
    socket.on('data', (answer: Buffer) => (came += answer.toString())).resume();
    await closed;
    return came;
  }

  it.each([
    [
      'POST /dashboard/api/sessions/import',
      `Content-Length: ${LENGTH}`,
      413,
      'Session import payload is too large',
    ],
    [
      'POST /dashboard/api/sessions/import',
      'Transfer-Encoding: chunked',
      413,
      'Session import payload is too large',
    ],
    ['POST /v1/sessions/bulk', `Content-Length: ${LENGTH}`, 413, 'payload_too_large'],
    ['PATCH /v1/sessions/plain', 'Transfer-Encoding: chunked', 413, 'payload_too_large'],
    ['GET /v1/sessions?limit=0', `Content-Length: ${LENGTH}`, 400, 'invalid_parameter'],
  ])('is told why a body is refused: %s, %s', async (path, framing, status, reason) => {
    const answer = await sendAll(path, framing, TEST_KEY);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(reason);
    expect(answer).toMatch(/\}$/);
  });

  it('has its connection closed behind 64 MiB, and where no more comes', async () => {
    const endless = await sendAll(
      'PATCH /v1/sessions/plain',
      `Content-Length: 1000000000000`,
      TEST_KEY,
      200 * MEBIBYTE,
    );
    expect(endless).not.toContain('HTTP/1.1 408');
    const waiting = await sendAll(
      'PATCH /v1/sessions/plain',
      `Content-Length: ${LENGTH}`,
      TEST_KEY,
      MEBIBYTE,
    );
    expect(waiting).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is not waited for without a key', async () => {
    const answer = await sendAll('PATCH /v1/sessions/plain', `Content-Length: ${LENGTH}`, 'wrong', MEBIBYTE);
    expect(answer).not.toContain('HTTP/1.1 408');
  });
});
