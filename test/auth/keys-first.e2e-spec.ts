import { readFileSync } from 'node:fs';
import { request as sendRequest } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { HermesApi } from '../support/hermes-api.js';
import { smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { ROOT } from '../support/root.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly security?: readonly unknown[] }>>>
  >;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Every operation that needs a key, and what else its path answers to. */
const GUARDED = Object.entries(
  (JSON.parse(readFileSync(resolve(ROOT, 'openapi.json'), 'utf8')) as Document).paths,
).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, operation]) => operation.security?.length !== 0)
    .flatMap(([method]) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
    .map((method) => [method, path.replace('{session_id}', 'plain')] as const),
);

/** Bodies and their types that are refused where they are read. */
const UNREADABLE: readonly (readonly [type: string | undefined, body: string])[] = [
  ['application/json', '{"title": '],
  ['application/json', '"x"'],
  ['application/json', `{"title": "${'x'.repeat(70_000)}"}`],
  ['application/xml', '<title/>'],
  ['nonsense', 'x'],
  [undefined, 'x'],
];

const QUERIES = ['', '?limit=0&nonsense=1', '?after=nonsense', '?%zz=%zz'];

describe('the key of a request', () => {
  let server: TestServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  const started = async (environment: Readonly<Record<string, string>> = {}): Promise<TestServer> =>
    (server = await TestServer.start(smallHistory(25), environment));

  /** Sends what clients of more manners would not: a GET with a body, a path that is no path. */
  async function send(
    method: string,
    path: string,
    key: string | undefined,
    [type, body]: readonly [string | undefined, string] = [undefined, ''],
  ): Promise<Answer> {
    if (server === undefined) throw new Error('Nothing listens.');
    const { port } = server.app.getHttpServer().address() as AddressInfo;
    return new Promise((done, failed) => {
      const headers = {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(type === undefined ? {} : { 'content-type': type }),
        ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }),
      };
      const outgoing = sendRequest({ port, method, path, headers, agent: false }, (answer) => {
        const { statusCode = 0, headers: answered } = answer;
        done(text(answer).then((told) => ({ status: statusCode, body: told, headers: answered })));
      });
      outgoing.on('error', failed);
      outgoing.end(body);
    });
  }

  /** What is answered to a request that has not come whole. */
  async function answerWhileSending(begun: string): Promise<string> {
    if (server === undefined) throw new Error('Nothing listens.');
    const { port } = server.app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const answer = new Promise<string>((done) => {
      socket.once('data', (chunk: Buffer) => {
        done(chunk.toString());
      });
    });
    socket.write(begun);
    return answer.finally(() => socket.destroy());
  }

  it.each(GUARDED)('comes before everything else of %s %s', async (method, path) => {
    await started();
    const like = path.startsWith('/api/') ? '/api/sessions' : '/v1/capabilities';
    const refused = (await send('GET', like, undefined)).body;
    for (const key of [undefined, 'wrong-key-0123456789']) {
      for (const query of QUERIES) {
        const { status, body } = await send(method, `${path}${query}`, key);
        expect([query, status, body]).toEqual([query, 401, method === 'HEAD' ? '' : refused]);
      }
      for (const unreadable of UNREADABLE) {
        const { status, body } = await send(method, path, key, unreadable);
        expect([unreadable[1].slice(0, 20), status, body]).toEqual([
          unreadable[1].slice(0, 20),
          401,
          method === 'HEAD' ? '' : refused,
        ]);
      }
    }
  });

  it('comes before a path that cannot be read', async () => {
    await started();
    for (const path of ['/v1/sessions/%zz', '/%zz', `/v1/sessions/${'x'.repeat(3000)}/messages`]) {
      for (const key of [undefined, 'wrong-key-0123456789']) {
        const { status, headers, body } = await send('GET', path, key);
        expect([path, status, JSON.parse(body)]).toMatchObject([
          path,
          401,
          { error: { code: 'invalid_api_key' } },
        ]);
        expect(headers).toMatchObject({ 'www-authenticate': expect.stringContaining('Bearer realm=') });
      }
      expect(await send('GET', path, TEST_KEY)).toMatchObject({
        status: 400,
        body: expect.stringContaining('"bad_request"'),
      });
    }
  });

  it('that is wrong is counted, and addresses are, whatever else is wrong', async () => {
    await started({ RATE_LIMIT_WRONG_KEYS: '3', RATE_LIMIT_ADDRESS: '5' });
    const statusOf = async (path: string): Promise<number> =>
      (await send('PATCH', path, 'wrong-key-0123456789', ['application/json', '{'])).status;
    expect(await statusOf('/v1/sessions/plain')).toBe(401);
    expect(await statusOf('/v1/sessions/%zz')).toBe(401);
    expect(await statusOf('/v1/sessions/plain')).toBe(401);
    const locked = await send('GET', '/v1/sessions/%zz', TEST_KEY);
    expect([locked.status, JSON.parse(locked.body)]).toMatchObject([
      429,
      { error: { code: 'too_many_wrong_keys' } },
    ]);
    expect(await statusOf('/v1/sessions/plain')).toBe(429);
    const limited = await send('GET', '/v1/sessions/%zz', undefined);
    expect([limited.status, JSON.parse(limited.body)]).toMatchObject([
      429,
      { error: { code: 'rate_limited' } },
    ]);
  });

  it('that has been sent too often is refused before the body is read', async () => {
    await started({ RATE_LIMIT_KEY: '1' });
    const unreadable = ['application/json', '{'] as const;
    expect((await send('PATCH', '/v1/sessions/plain', TEST_KEY, unreadable)).status).toBe(400);
    expect((await send('PATCH', '/v1/sessions/plain', TEST_KEY, unreadable)).status).toBe(429);
  });

  it('is answered for while the body is still on its way', async () => {
    await started();
    expect(
      await answerWhileSending(
        'PATCH /v1/sessions/plain HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{',
      ),
    ).toMatch(/^HTTP\/1\.1 401 /);
  });

  it.each([undefined, TEST_KEY])(
    'is not asked for where nothing is, nor is a body read there (%s)',
    async (key) => {
      await started();
      for (const [method, path, expected, code] of [
        ['POST', '/nowhere', 404, 'route_not_found'],
        ['PUT', '/v1/sessions/plain', 405, 'method_not_allowed'],
        ['POST', '/v1/sessions', 405, 'method_not_allowed'],
        ['POST', '/console/nothing', 404, 'route_not_found'],
        ['OPTIONS', '/v1/sessions', 405, 'method_not_allowed'],
      ] as const) {
        for (const unreadable of UNREADABLE) {
          const { status, body } = await send(method, path, key, unreadable);
          expect([method, path, status, body]).toEqual([
            ...[method, path, expected],
            expect.stringContaining(`"${code}"`),
          ]);
        }
      }
    },
  );

  it('is asked for, and nothing read, on the way to a Hermes API server', async () => {
    const hermes = await HermesApi.start();
    await started({ HERMES_UPSTREAM_URL: hermes.url, HERMES_UPSTREAM_KEY: 'upstream-key-0123456789' });
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of ['/v1/models', '/v1/nothing?%zz', '/api/jobs/1', '/api']) {
        for (const unreadable of UNREADABLE) {
          const { status } = await send(method, path, 'wrong-key-0123456789', unreadable);
          expect([method, path, status]).toEqual([method, path, 401]);
        }
      }
    }
    expect(
      await answerWhileSending(
        'POST /v1/models HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 11000000\r\n\r\nx',
      ),
    ).toMatch(/^HTTP\/1\.1 401 /);
    expect(hermes.arrived).toEqual([]);
    await hermes.close();
  });

  it('is not asked for by what browsers ask first, and its refusal can be read by the pages that may', async () => {
    const { http } = await started({ CORS_ORIGINS: 'https://a.example' });
    const preflight = http
      .options('/v1/sessions/plain')
      .set('Origin', 'https://a.example')
      .set('Access-Control-Request-Method', 'PATCH');
    expect((await preflight).status).toBe(204);
    const refused = await http
      .patch('/v1/sessions/plain')
      .set('Origin', 'https://a.example')
      .set('Content-Type', 'application/json')
      .send('{');
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([
      401,
      'https://a.example',
    ]);
  });

  it('is not asked for by pages and probes', async () => {
    await started({ BASE_PATH: '/hermes', METRICS: 'public' });
    for (const path of [
      ...['/livez', '/readyz', '/health', '/metrics', '/docs', '/docs/swagger-ui.css', '/openapi.json'],
      ...['/console/', '/console/sign-in.json'],
    ]) {
      for (const method of ['GET', 'HEAD'])
        expect([method, path, (await send(method, `/hermes${path}`, undefined)).status]).toEqual([
          method,
          path,
          200,
        ]);
    }
    expect((await send('GET', '/hermes/health/detailed', undefined)).status).toBe(401);
  });

  it('decides before what it may do, and before anything is read of what it may not', async () => {
    const keys = keyFileWith({ scopes: ['sessions:read'] });
    await started({ KEYS_FILE: keys.path });
    const pin = ['application/json', '{"pinned": true}'] as const;
    for (const body of [pin, ...UNREADABLE]) {
      const { status, headers } = await send('PATCH', '/v1/sessions/plain', keys.token, body);
      expect([body[1].slice(0, 20), status, headers['www-authenticate']]).toEqual([
        ...[body[1].slice(0, 20), 403],
        expect.stringContaining('insufficient_scope'),
      ]);
    }
    const begun = [
      'POST /dashboard/api/sessions/import HTTP/1.1',
      ...['Host: a', `Authorization: Bearer ${keys.token}`, 'Content-Length: 20000000', '', '{'],
    ];
    expect(await answerWhileSending(begun.join('\r\n'))).toMatch(/^HTTP\/1\.1 403 /);
  });
});
