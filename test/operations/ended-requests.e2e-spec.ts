import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { serverWithLog, type LogLine } from '../support/log.js';
import { connectMcp } from '../support/mcp.js';
import type { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

describe('the log and the metrics', () => {
  let server: TestServer;
  let log: readonly LogLine[];

  beforeEach(async () => {
    ({ server, log } = await serverWithLog({ STATE_DB: smallHistory(25) }));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  const lines = (method: string, path: string): readonly LogLine[] =>
    log.filter((line) => line.msg === 'request' && line.method === method && line.path === path);

  /** How many requests of each status were counted. */
  async function counted(method: string, route: string): Promise<Readonly<Record<string, number>>> {
    const { text } = await server.get('/metrics').buffer(true);
    const sample = /^hermes_sessions_http_request_duration_seconds_count\{(.*),status="(\d+)"\} (\d+)$/gm;
    return Object.fromEntries(
      [...text.matchAll(sample)]
        .filter(([, labels]) => labels === `method="${method}",route="${route}"`)
        .map(([, , status = '', count]) => [status, Number(count)]),
    );
  }

  it.each([
    ['is encoded badly', '/v1/sessions/%zz'],
    ['is no text', '/%E4'],
    ['is too long', `/v1/sessions/${'x'.repeat(3000)}`],
  ])('have a request whose path %s', async (_why, path) => {
    expect((await server.as('a-key-that-somebody-guesses').get(path)).status).toBe(401);
    const { headers } = await server.get(path).expect(400);
    expect(lines('GET', path)).toMatchObject([
      { status: 401, principal: null, remote_address: '127.0.0.1', duration_ms: expect.any(Number) },
      { status: 400, principal: 'api_server_key', request_id: headers['x-request-id'] },
    ]);
    expect(await counted('GET', 'none')).toEqual({ 400: 1, 401: 1 });
  });

  it('have a request for whose answer nobody waited', async () => {
    let isAsked = false;
    jest.spyOn(server.app.get(SessionsRepository, { strict: false }), 'get').mockImplementation(() => {
      isAsked = true;
      return new Promise(() => undefined);
    });
    const request = server.get('/v1/sessions/plain');
    const answered = request.then(
      () => 'answered',
      () => 'given up',
    );
    await until(() => isAsked);
    request.abort();
    expect(await answered).toBe('given up');
    await until(() => lines('GET', '/v1/sessions/plain').length > 0);
    expect(lines('GET', '/v1/sessions/plain')).toMatchObject([{ status: 499, closed: true }]);
    expect(await counted('GET', '/v1/sessions/:session_id')).toEqual({ 499: 1 });
  });

  it.each([
    ['does not come in time', 'Content-Length: 20\r\n\r\n{', 408],
    ['cannot be read', 'Transfer-Encoding: chunked\r\n\r\nno length\r\n', 400],
  ])('have what was answered to a request whose body %s', async (_why, rest, status) => {
    await server.close();
    ({ server, log } = await serverWithLog({ STATE_DB: smallHistory(25), REQUEST_TIMEOUT_MS: '1000' }));
    const caller = connect(Number(new URL(await server.app.getUrl()).port), '127.0.0.1');
    caller.write(
      `PATCH /v1/sessions/plain HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TEST_KEY}\r\nContent-Type: application/json\r\n${rest}`,
    );
    expect(await text(caller)).toContain(`HTTP/1.1 ${status} `);
    await until(() => lines('PATCH', '/v1/sessions/plain').length > 0);
    expect(lines('PATCH', '/v1/sessions/plain')).toEqual([
      expect.objectContaining({ status, principal: 'api_server_key' }),
    ]);
    expect(log.some(({ closed }) => closed === true)).toBe(false);
    expect(await counted('PATCH', '/v1/sessions/:session_id')).toEqual({ [status]: 1 });
  });

  it('have a request that names no host, and the log what is no request at all, by the id that was answered', async () => {
    const answerTo = async (bytes: string): Promise<string> => {
      const caller = connect(Number(new URL(await server.app.getUrl()).port), '127.0.0.1');
      caller.write(bytes);
      return text(caller);
    };
    await answerTo('GET /v1/sessions HTTP/1.1\r\nConnection: close\r\n\r\n');
    await until(() => lines('GET', '/v1/sessions').length > 0);
    expect(lines('GET', '/v1/sessions')).toMatchObject([{ status: 400, remote_address: '127.0.0.1' }]);
    expect(await counted('GET', '/v1/sessions')).toEqual({ 400: 1 });
    const [, id] = /X-Request-Id: (.+)\r/.exec(await answerTo('NONSENSE\r\n\r\n')) ?? [];
    expect(log.filter(({ msg }) => msg === 'unreadable')).toMatchObject([
      { request_id: id, status: 400, code: 'bad_request', remote_address: '127.0.0.1' },
    ]);
  });

  it('have the path that was asked for, and the route that answered', async () => {
    await server.http.get('/api/sessions?limit=1').set('X-Hermes-Session-Token', TEST_KEY).expect(200);
    expect(lines('GET', '/api/sessions')).toHaveLength(1);
    expect(await counted('GET', '/dashboard/api/sessions')).toEqual({ 200: 1 });
  });

  it('have calls over MCP, whose answers are streams of events', async () => {
    const client = await connectMcp(server);
    await client.listTools();
    await client.close();
    const calls = (): readonly LogLine[] => lines('POST', '/mcp').filter(({ status }) => status === 200);
    await until(() => calls().length > 1);
    expect(await counted('POST', '/mcp')).toEqual({ 200: calls().length });
  });

  it('differ in whoever listens: how long that was says nothing of how fast anybody was answered', async () => {
    const listener = await TestListener.to(server, '/v1/sessions/events');
    listener.leave();
    await until(() => lines('GET', '/v1/sessions/events').length === 1);
    const client = await connectMcp(server);
    await client.listen({ resourcesListChanged: true });
    await client.close();
    const asked = (): readonly LogLine[] => lines('POST', '/mcp').filter(({ closed }) => closed !== true);
    await until(() => asked().length > 0 && lines('POST', '/mcp').length > asked().length);
    expect(await counted('POST', '/mcp')).toEqual({ 200: asked().length });
    expect((await server.as('a-key-that-somebody-guesses').get('/v1/sessions/events')).status).toBe(401);
    expect(await counted('GET', '/v1/sessions/events')).toEqual({ 401: 1 });
  });
});
