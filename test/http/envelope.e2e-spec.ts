import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

describe('every error has the envelope', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  const envelope = (type: string, code: string, param: string | null = null): unknown => ({
    error: { message: expect.stringMatching(/.{10,}/), type, param, code },
  });

  it.each([
    ['/nowhere', 404, 'not_found_error', 'route_not_found', null],
    ['/v1/sessions/nobody', 404, 'not_found_error', 'session_not_found', null],
    ['/v1/sessions/nobody/messages', 404, 'not_found_error', 'session_not_found', null],
    [`/v1/sessions/${'x'.repeat(2048)}`, 404, 'not_found_error', 'session_not_found', null],
    ['/v1/sessions/%E0%A4%A', 400, 'invalid_request_error', 'bad_request', null],
    ['/v1/sessions?limit=0', 400, 'invalid_request_error', 'invalid_parameter', 'limit'],
    ['/v1/sessions/plain?fields=id', 400, 'invalid_request_error', 'unknown_parameter', 'fields'],
    ['/v1/sessions/plain/messages?page=2', 400, 'invalid_request_error', 'unknown_parameter', 'page'],
    ['/v1/sessions?toString=x', 400, 'invalid_request_error', 'unknown_parameter', 'toString'],
    ['/v1/sessions?constructor=1', 400, 'invalid_request_error', 'unknown_parameter', 'constructor'],
    ['/v1/sessions?__proto__=1', 400, 'invalid_request_error', 'unknown_parameter', '__proto__'],
    ['/v1/sessions/events?total=about', 400, 'invalid_request_error', 'unknown_parameter', 'total'],
    ['/v1/capabilities?verbose=1', 400, 'invalid_request_error', 'unknown_parameter', 'verbose'],
    ['/health/detailed?x=', 400, 'invalid_request_error', 'unknown_parameter', 'x'],
    ['/readyz?x=1', 400, 'invalid_request_error', 'unknown_parameter', 'x'],
  ])('GET %s', async (path, status, type, code, param) => {
    const response = await server.get(path);
    expect(response.status).toBe(status);
    expect(response.body).toEqual(envelope(type, code, param));
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.headers['x-request-id']).toBeDefined();
    expect(response.headers['cache-control']).toBe('private, no-cache');
  });

  it.each([
    ['put', '/v1/sessions/plain', 'DELETE, GET, HEAD, PATCH'],
    ['post', '/v1/sessions?limit=1', 'GET, HEAD'],
    ['delete', '/p/default/api/sessions', 'GET, HEAD, POST'],
    ['get', '/v1/chat/completions', 'POST'],
    ['post', '/livez', 'GET, HEAD'],
  ] as const)('%s %s is told which methods there are: %s', async (method, path, allowed) => {
    const response = await server.http[method](path).set('Authorization', `Bearer ${TEST_KEY}`);
    expect([response.status, response.headers.allow]).toEqual([405, allowed]);
    expect(response.body).toEqual(envelope('invalid_request_error', 'method_not_allowed'));
  });

  it.each([
    ['put', '/dashboard/api/sessions/plain', 405, 'DELETE, GET, HEAD, PATCH', 'Method Not Allowed'],
    ['put', '/dashboard/api/skills', 404, undefined, 'Not Found'],
  ] as const)(
    "%s %s is told in the words of Hermes's dashboard",
    async (method, path, status, allow, detail) => {
      const response = await server.http[method](path).set('Authorization', `Bearer ${TEST_KEY}`);
      expect([response.status, response.headers.allow, response.body]).toEqual([status, allow, { detail }]);
    },
  );

  it.each([
    ['application/json', '{"title": ', 400, 'invalid_body'],
    ['application/json', '', 400, 'empty_update'],
    ['application/x-www-form-urlencoded', '', 400, 'empty_update'],
    ['text/plain', '', 400, 'empty_update'],
    ['application/x-www-form-urlencoded', 'title=x', 415, 'unsupported_media_type'],
    ['application/json', `{"title": "${'x'.repeat(70_000)}"}`, 413, 'payload_too_large'],
    ['text/plain', 'title', 415, 'unsupported_media_type'],
    ['application/json', '{"__proto__": {"title": "x"}}', 400, 'invalid_body'],
    ['application/json', `{"title": ${'['.repeat(32)}${']'.repeat(32)}}`, 400, 'invalid_body'],
    ['application/json', `{"title": ${'['.repeat(32_000)}${']'.repeat(32_000)}}`, 400, 'invalid_body'],
    ['application/json', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400, 'invalid_body'],
  ])('PATCH with a %s body %.20s', async (contentType, body, status, code) => {
    const response = await server.http
      .patch('/v1/sessions/plain')
      .set('Authorization', `Bearer ${TEST_KEY}`)
      .set('Content-Type', contentType)
      .send(body);
    expect(response.status).toBe(status);
    expect(response.body).toEqual(envelope('invalid_request_error', code));
  });

  it.each([
    ['/v1/sessions/plain', 'patch', '{"title": "x", "constructor": {}}', 'constructor'],
    ['/v1/sessions/plain', 'patch', '{"title": "x", "valueOf": 1}', 'valueOf'],
    ['/v1/sessions/bulk', 'post', '{"action": "pin", "filter": {"toString": "x"}}', 'filter.toString'],
  ] as const)('%s refuses to %s %s', async (path, method, body, param) => {
    const response = await server.http[method](path)
      .set('Authorization', `Bearer ${TEST_KEY}`)
      .set('Content-Type', 'application/json')
      .send(body);
    expect(response.status).toBe(400);
    expect(response.body).toEqual(envelope('invalid_request_error', 'unknown_parameter', param));
  });

  it.each([
    [{}, Buffer.from('{"title": "lat\xe9"}', 'latin1'), 400, 'invalid_body'],
    [{ 'Content-Encoding': 'gzip' }, gzipSync('{"title": "small"}'), 415, 'unsupported_media_type'],
    [{ 'Content-Encoding': 'identity' }, Buffer.from('{"title": 5}'), 400, 'invalid_parameter'],
  ])(
    'a body whose bytes are no text, or another one, is refused: %j',
    async (headers, body, status, code) => {
      const response = await server.http
        .patch('/v1/sessions/plain')
        .set({ Authorization: `Bearer ${TEST_KEY}`, 'Content-Type': 'application/json', ...headers })
        .serialize((bytes: unknown) => bytes as string)
        .send(body);
      expect([response.status, (response.body as { error: object }).error]).toMatchObject([status, { code }]);
    },
  );

  it('a body as deep as is allowed is looked at', async () => {
    const response = await server.patch(
      '/v1/sessions/plain',
      JSON.parse(`{"title": ${'['.repeat(31)}${']'.repeat(31)}}`),
    );
    expect(response.body).toEqual(envelope('invalid_request_error', 'invalid_parameter', 'title'));
  });

  it('PATCH without a body says what may be sent', async () => {
    const response = await server.http.patch('/v1/sessions/plain').set('Authorization', `Bearer ${TEST_KEY}`);
    expect(response.status).toBe(400);
    expect(response.body).toEqual(envelope('invalid_request_error', 'empty_update'));
  });

  it('DELETE takes a content type without a body, as many clients send it', async () => {
    const response = await server.delete('/v1/sessions/nobody').set('Content-Type', 'application/json');
    expect(response.status).toBe(404);
    const unknown = await server.delete('/v1/sessions/plain?forse=true');
    expect(unknown.body).toEqual(envelope('invalid_request_error', 'unknown_parameter', 'forse'));
  });

  it.each([
    ['delete', '/v1/sessions/plain', '{"trash": true}', 'unknown_parameter', 'trash'],
    ['delete', '/v1/sessions/plain?lineage=true', '{"lineage": false}', 'unknown_parameter', 'lineage'],
    ['delete', '/v1/sessions/plain', '{"__proto__x": 1}', 'unknown_parameter', '__proto__x'],
    ['delete', '/v1/sessions/plain', '["trash"]', 'invalid_body', null],
    ['delete', '/v1/sessions/plain', 'true', 'invalid_body', null],
    ['post', '/v1/trash/empty', '{"profile": "work"}', 'unknown_parameter', 'profile'],
    ['post', '/v1/trash/1/restore', '{"dry_run": true}', 'unknown_parameter', 'dry_run'],
    ['delete', '/v1/trash/1', '{"profile": "work"}', 'unknown_parameter', 'profile'],
    ['delete', '/v1/sign-in', '{"all": true}', 'unknown_parameter', 'all'],
  ] as const)('%s %s, which takes no body, refuses %s', async (method, path, body, code, param) => {
    const response = await server.http[method](path)
      .set('Authorization', `Bearer ${TEST_KEY}`)
      .set('Content-Type', 'application/json')
      .send(body);
    expect([response.status, response.body]).toEqual([400, envelope('invalid_request_error', code, param)]);
    expect((await server.get('/v1/sessions/plain')).status).toBe(200);
  });

  it('DELETE takes an empty object as no body', async () => {
    const response = await server.http
      .delete('/v1/sessions/nobody')
      .set('Authorization', `Bearer ${TEST_KEY}`)
      .send({});
    expect(response.body).toEqual(envelope('not_found_error', 'session_not_found'));
  });

  /** What the server answers to bytes that no HTTP client would send. */
  function answerTo(bytes: string): Promise<string> {
    const { port } = server.app.getHttpServer().address() as AddressInfo;
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('close', () => {
        resolve(answer);
      });
      socket.on('error', reject);
    });
  }

  it.each([
    ['NONSENSE\r\n\r\n', 'HTTP/1.1 400 Bad Request', 'bad_request'],
    [
      `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`,
      'HTTP/1.1 431 Request Header Fields Too Large',
      'headers_too_large',
    ],
  ])('bytes %.10s', async (bytes, statusLine, code) => {
    const answer = await answerTo(bytes);
    expect(answer.startsWith(statusLine)).toBe(true);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual(envelope('invalid_request_error', code));
    expect(answer).toMatch(/\r\nX-Request-Id: [\w-]{36}\r\n/i);
  });

  it('a request that names no host is refused like any other', async () => {
    for (const path of ['/v1/sessions', '/nowhere', '/livez']) {
      const answer = await answerTo(
        `GET ${path} HTTP/1.1\r\nX-Request-Id: hostless\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(answer).toMatch(/\r\nx-request-id: hostless\r\n/i);
      expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual(
        envelope('invalid_request_error', 'bad_request'),
      );
    }
    expect(await answerTo('GET /livez HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('an expectation that nobody knows changes no answer', async () => {
    const answer = await answerTo(
      'GET /nowhere HTTP/1.1\r\nHost: x\r\nExpect: 42\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toContain('"code":"route_not_found"');
  });

  it('a failure of the store shows neither SQL nor paths', async () => {
    const path = smallHistory(25);
    const broken = await TestServer.start(path);
    const writer = new Sqlite(path);
    writer.exec('ALTER TABLE sessions RENAME COLUMN source TO origin');
    writer.close();
    const response = await broken.get('/v1/sessions');
    await broken.close();
    expect(response.status).toBe(503);
    expect(response.body).toEqual(envelope('service_unavailable', 'store_unavailable'));
    expect(response.text).not.toMatch(/SELECT|sqlite|column|state\.db|\.js|\.ts/i);
  });
});

describe('every answer', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  it('carries the request id that was sent, if it is sane, or a new one', async () => {
    const sent = await server.get('/v1/sessions').set('X-Request-Id', 'trace-1:2.3_4');
    expect(sent.headers['x-request-id']).toBe('trace-1:2.3_4');
    for (const bad of ['a b', '<script>', 'x'.repeat(129)]) {
      const { headers } = await server.get('/v1/sessions').set('X-Request-Id', bad);
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('has the usual security headers', async () => {
    for (const path of ['/v1/sessions', '/docs', '/livez']) {
      const { headers } = await server.get(path);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-frame-options']).toBe('SAMEORIGIN');
      expect(headers['content-security-policy']).toContain("script-src 'self'");
      expect(headers['x-powered-by']).toBeUndefined();
    }
  });

  it('allows no other origin unless told', async () => {
    const response = await server.get('/v1/sessions').set('Origin', 'https://elsewhere.example');
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  });
});
