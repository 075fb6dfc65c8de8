import { request, type ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { jest } from '@jest/globals';
import { pino } from 'pino';
import { createApp } from '../../src/server.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { smallHistory } from '../support/histories.js';
import { testSettings, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

describe('the log of a request whose connection is closed before its answer', () => {
  const lines: Record<string, unknown>[] = [];
  let server: TestServer;
  let url: string;
  let waiting: number;
  let repository: SessionsRepository;

  beforeEach(async () => {
    lines.length = 0;
    waiting = 0;
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        for (const line of chunk.toString().split('\n').filter(Boolean))
          lines.push(JSON.parse(line) as Record<string, unknown>);
        done();
      },
    });
    const settings = testSettings({ STATE_DB: smallHistory(25), TRUST_PROXY: '127.0.0.1' });
    const app = await createApp(settings, pino({ level: 'info' }, stream));
    await app.listen(0, '127.0.0.1');
    server = TestServer.over(app);
    url = await app.getUrl();
    repository = app.get(SessionsRepository, { strict: false });
    // Nobody answers before whoever asked has left.
    const never = (): Promise<never> => {
      waiting++;
      return new Promise(() => undefined);
    };
    jest.spyOn(repository, 'get').mockImplementation(never);
    jest.spyOn(repository, 'update').mockImplementation(never);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  function ask(method: string, path: string, more: Readonly<Record<string, string>> = {}): ClientRequest {
    const headers = { authorization: `Bearer ${TEST_KEY}`, 'x-request-id': 'left', ...more };
    const asked = request(url + path, { method, headers: { ...headers, 'x-forwarded-for': '203.0.113.7' } });
    asked.on('error', () => undefined);
    return asked;
  }

  const logged = (): readonly Record<string, unknown>[] =>
    lines.filter((line) => line.msg === 'request' && line.request_id === 'left');

  it.each([
    ['GET', '/v1/sessions/plain', undefined],
    ['PATCH', '/v1/sessions/plain', '{"title":"A private name"}'],
    ['GET', '/api/sessions/plain?private=1', undefined],
    ['GET', '/dashboard/api/sessions/plain', undefined],
  ])('has one line that says so: %s %s', async (method, path, body) => {
    const asked = ask(method, path, body === undefined ? {} : { 'content-type': 'application/json' });
    asked.end(body);
    await until(() => waiting > 0);
    asked.destroy();
    await until(() => logged().length > 0);
    expect(logged()).toEqual([
      expect.objectContaining({
        ...{ method, path: path.split('?')[0], status: 499, closed: true, duration_ms: expect.any(Number) },
        ...{ principal: 'api_server_key', remote_address: '203.0.113.7' },
      }),
    ]);
    expect(JSON.stringify(logged())).not.toContain('private');
  });

  it('has a line for each of the requests that were sent ahead', async () => {
    const { hostname, port } = new URL(url);
    const head = `Host: here\r\nAuthorization: Bearer ${TEST_KEY}\r\nX-Request-Id: left\r\n\r\n`;
    const caller = connect(Number(port), hostname);
    caller.write(
      ['sessions/plain', 'capabilities'].map((path) => `GET /v1/${path} HTTP/1.1\r\n${head}`).join(''),
    );
    await until(() => waiting > 0);
    caller.destroy();
    await until(() => logged().length >= 2);
    expect(logged().map(({ path, status, closed }) => ({ path, status, closed }))).toEqual([
      { path: '/v1/sessions/plain', status: 499, closed: true },
      { path: '/v1/capabilities', status: 499, closed: true },
    ]);
  });

  it('ends what was asked for behind another one', async () => {
    let isEnded = false;
    jest.spyOn(repository, 'list').mockImplementation(({ signal }) => {
      signal?.addEventListener('abort', () => (isEnded = true));
      waiting++;
      return new Promise(() => undefined);
    });
    const { hostname, port } = new URL(url);
    const head = `Host: here\r\nAuthorization: Bearer ${TEST_KEY}\r\n\r\n`;
    const caller = connect(Number(port), hostname);
    for (const path of ['sessions/plain', 'sessions?search=word'])
      caller.write(`GET /v1/${path} HTTP/1.1\r\n${head}`);
    await until(() => waiting === 2);
    caller.destroy();
    await until(() => isEnded);
  });

  it('has a line where it was closed before its body had come', async () => {
    const body = { 'content-type': 'application/json', 'content-length': '1000', expect: '100-continue' };
    const asked = ask('PATCH', '/v1/sessions/plain', body);
    asked.flushHeaders();
    await new Promise((resolve) => asked.once('continue', resolve));
    asked.destroy();
    await until(() => logged().length > 0);
    expect(logged()).toMatchObject([{ status: 499, closed: true }]);
  });

  it('has the status that was sent where a listener leaves', async () => {
    const asked = ask('GET', '/v1/sessions/events').end();
    await new Promise((resolve) => asked.once('response', resolve));
    asked.destroy();
    await until(() => logged().length > 0);
    expect(logged()).toMatchObject([{ path: '/v1/sessions/events', status: 200, closed: true }]);
  });

  it('says nothing of it where all was sent', async () => {
    await server.get('/v1/capabilities').set('X-Request-Id', 'left').expect(200);
    await until(() => logged().length > 0);
    expect(logged()).toHaveLength(1);
    expect(logged()[0]).not.toHaveProperty('closed');
  });
});
