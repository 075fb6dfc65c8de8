import { Agent, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { HermesApi } from '../support/hermes-api.js';
import { smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

const UPSTREAM_KEY = 'upstream-key-0123456789';

/** The one body of each refusal of a key. */
const INVALID_KEY = {
  error: { message: expect.any(String), type: 'authentication_error', param: null, code: 'invalid_api_key' },
};

describe('a Hermes API server behind this one', () => {
  let hermes: HermesApi;
  let server: TestServer;
  let url: string;
  let limited: string;

  beforeEach(async () => {
    hermes = await HermesApi.start();
    const keys = keyFileWith({
      scopes: ['sessions:read', 'sessions:write', 'sessions:delete', 'metrics'],
      user_id: 'ana',
    });
    limited = keys.token;
    server = await TestServer.start(smallHistory(25), {
      HERMES_UPSTREAM_URL: `${hermes.url}/`,
      HERMES_UPSTREAM_KEY: UPSTREAM_KEY,
      KEYS_FILE: keys.path,
      BASE_PATH: '/hermes',
      CORS_ORIGINS: 'https://app.example',
    });
    url = `${await server.app.getUrl()}/hermes`;
  });

  afterEach(async () => {
    await server.close();
    await hermes.close();
  });

  const send = (path: string, init: RequestInit = {}, key = TEST_KEY): Promise<Response> =>
    fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });

  it('is told of no key of this server, and of every other cookie', async () => {
    const signedIn = 'hermes-sessions-0a1b2c3d=sealed';
    for (const [sent, passed] of [
      [`a=1; ${signedIn}; b=2`, 'a=1; b=2'],
      [`__Secure-${signedIn}`, undefined],
      ['hermes_session_at=x; hermes_session_rt=y', 'hermes_session_rt=y'],
      ['__Host-hermes_session_at=x; __Host-other=y', '__Host-other=y'],
    ] as const) {
      hermes.arrived.length = 0;
      await (await send('/v1/models', { headers: { cookie: sent } })).text();
      expect([sent, hermes.arrived[0]?.headers.cookie]).toEqual([sent, passed]);
    }
  });

  it('answers in the coding that it chose: nothing of it is compressed here', async () => {
    const path = `/v1/models?${'x'.repeat(3000)}`;
    const response = await send(path, { headers: { 'accept-encoding': 'br, gzip' } });
    expect([response.headers.get('content-encoding'), await response.json()]).toEqual([
      null,
      { path, method: 'GET' },
    ]);
    expect(hermes.arrived[0]?.headers['accept-encoding']).toBe('br, gzip');
  });

  it.each([
    ['GET', '/v1/models?limit=5', undefined],
    ['POST', '/api/sessions/a%2Fb/chat', '{"message": "Hello"}'],
    ['POST', '/api/sessions/a%2Fb/model', '{}'],
    ['POST', '/p/work/api/sessions/a%2Fb/chat', '{"message": "Hello"}'],
    ['GET', '/p/work/v1/models', undefined],
    ['DELETE', '/v1/runs/7', undefined],
    ['PUT', '/api/jobs/1', 'plain text, not JSON'],
  ])('is passed %s %s, with its own key', async (method, path, body) => {
    const response = await send(path, {
      method,
      body,
      headers: {
        'content-type': body?.startsWith('{') === true ? 'application/json' : 'text/plain',
        te: 'trailers',
        // With it, paths that both of Hermes's servers have are the dashboard's.
        ...(path.startsWith('/api/') ? {} : { 'x-hermes-session-token': TEST_KEY }),
        'x-custom': 'kept',
      },
    });
    expect([response.status, await response.json()]).toEqual([201, { path, method }]);
    expect(hermes.arrived).toHaveLength(1);
    const [first] = hermes.arrived;
    if (first === undefined) throw new Error('Nothing arrived.');
    const { headers, body: arrived } = first;
    expect(arrived).toBe(body ?? '');
    expect(headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`);
    expect(headers['x-custom']).toBe('kept');
    expect(headers['x-request-id']).toBe(response.headers.get('x-request-id'));
    expect(headers).not.toHaveProperty('te');
    expect(headers).not.toHaveProperty('x-hermes-session-token');
  });

  it('is not passed what this server answers itself', async () => {
    expect((await send('/v1/sessions')).status).toBe(200);
    expect((await send('/api/sessions/plain')).status).toBe(200);
    expect((await send('/v1/sessions/stats')).status).toBe(200);
    expect((await send('/livez')).status).toBe(200);
    expect((await send('/p/default/api/sessions')).status).toBe(200);
    expect((await send('/p/default/health')).status).toBe(200);
    expect((await send('/elsewhere')).status).toBe(404);
    expect(hermes.arrived).toEqual([]);
  });

  it('answers word by word', async () => {
    const response = await send('/v1/chat/completions', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-hermes-session-id')).toBe('abc');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const word = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    // The second word is only said once the first one has arrived.
    expect(await word()).toBe('data: first\n\n');
    hermes.proceed();
    expect(await word()).toBe('data: second\n\n');
  });

  it('says nothing of connections, nor of which pages may ask: both are of this server', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let times = 0; times < 2; times++) {
      const { headers, port } = await new Promise<{ headers: IncomingHttpHeaders; port?: number }>(
        (answered, failed) => {
          const options = { agent, headers: { authorization: `Bearer ${TEST_KEY}` } };
          get(`${url}/v1/closing`, options, (response) => {
            const port = response.socket.localPort;
            response.resume().on('end', () => {
              answered({ headers: response.headers, port });
            });
          }).on('error', failed);
        },
      );
      ports.add(port);
      expect(headers).toMatchObject({ connection: 'keep-alive', 'x-kept': 'a' });
      for (const name of ['x-of-connection', 'x-of-another']) expect(headers).not.toHaveProperty(name);
      for (const name of ['access-control-allow-origin', 'access-control-max-age'])
        expect(headers).not.toHaveProperty(name);
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  it('takes bodies that are larger than any of ours', async () => {
    const body = JSON.stringify({ image: 'x'.repeat(3_000_000) });
    const response = await send('/v1/responses', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(201);
    expect(hermes.arrived[0]?.body).toBe(body);
  });

  it('takes no body that is larger than what a Hermes API server takes, however it is sent', async () => {
    const pieces = Array.from({ length: 11 }, () => new Uint8Array(1024 * 1024));
    const body = new ReadableStream({
      pull(controller) {
        const piece = pieces.pop();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    });
    const whole = { body: new Uint8Array(11 * 1024 * 1024) };
    for (const request of [whole, { body, duplex: 'half' as const }]) {
      const response = await send('/v1/responses', {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        ...request,
      });
      expect([response.status, await response.json()]).toMatchObject([
        413,
        { error: { code: 'payload_too_large' } },
      ]);
    }
    expect(hermes.arrived).toEqual([]);
  });

  it.each([
    ['chunks', 'Transfer-Encoding: chunked', '1\r\nx\r\n'],
    ['bytes', 'Content-Length: 60000', 'x'],
  ])('waits no longer for the rest of a body than this server does: in %s', async (_what, length, drop) => {
    const hurried = await TestServer.start(smallHistory(25), {
      ...{ HERMES_UPSTREAM_URL: hermes.url, HERMES_UPSTREAM_KEY: UPSTREAM_KEY, REQUEST_TIMEOUT_MS: '400' },
    });
    const { port } = hurried.app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    const closed = new Promise((done) => socket.once('close', done));
    socket.write(
      `POST /v1/responses HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TEST_KEY}\r\n${length}\r\n\r\n`,
    );
    const drip = setInterval(() => {
      if (socket.writable) socket.write(drop);
    }, 50);
    await closed;
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request_timeout"');
    expect(hermes.arrived).toEqual([]);
    expect((await hurried.get('/v1/models')).status).toBe(201);
    await hurried.close();
  });

  describe('and a page of another origin', () => {
    const ORIGIN = 'https://app.example';

    /** What Hermes lets pages send, and what its clients send besides. */
    const HEADERS = [
      ...['authorization', 'content-type', 'idempotency-key'],
      ...['x-hermes-session-id', 'x-hermes-session-key', 'x-hermes-session-token'],
    ];

    it.each(['/v1/chat/completions', '/api/sessions', '/p/work/api/sessions/a/chat', '/dashboard/api/a'])(
      'may send %s all headers that it may send to Hermes',
      async (path) => {
        const preflight = await fetch(`${url}${path}`, {
          method: 'OPTIONS',
          headers: {
            ...{ origin: ORIGIN, 'access-control-request-method': 'POST' },
            'access-control-request-headers': HEADERS.join(),
          },
        });
        const allowed = preflight.headers.get('access-control-allow-headers') ?? '';
        expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
          204,
          ORIGIN,
        ]);
        expect(allowed.toLowerCase().split(/, */)).toEqual(expect.arrayContaining(HEADERS));
        expect(hermes.arrived).toEqual([]);
      },
    );

    it('reads what is passed on, and may see which session it is about', async () => {
      const response = await send('/v1/chat/completions', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'a', origin: ORIGIN },
      });
      hermes.proceed();
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, ORIGIN]);
      expect(response.headers.get('access-control-expose-headers')).toContain('X-Hermes-Session-Id');
      expect(await response.text()).toContain('second');
      expect(hermes.arrived[0]?.headers).toMatchObject({ 'idempotency-key': 'a' });
    });

    it('reads nothing where it is not named', async () => {
      const response = await send('/v1/models', { headers: { origin: 'https://other.example' } });
      await response.text();
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    });
  });

  it('is reached by nobody without a key that may do everything', async () => {
    for (const key of ['', 'wrong-key-0123456789']) {
      const response = await send('/v1/models', {}, key);
      expect([response.status, response.headers.get('www-authenticate'), await response.json()]).toEqual([
        401,
        expect.stringContaining('Bearer realm='),
        INVALID_KEY,
      ]);
    }
    const response = await send('/v1/models', {}, limited);
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { error: { code: 'insufficient_scope' } },
    ]);
    expect(hermes.arrived).toEqual([]);
  });

  it('is part of the capabilities while it answers', async () => {
    const capabilities = (): Promise<unknown> => send('/v1/capabilities').then((response) => response.json());
    expect(await capabilities()).toMatchObject({
      features: {
        chat_completions: true,
        responses_api: true,
        run_submission: false,
        sessions_api: true,
        sessions_search: true,
        session_key_header: 'X-Hermes-Session-Key',
      },
      ...{ model: 'hermes-4', runtime: { mode: 'server_agent' } },
      endpoints: { chat_completions: { method: 'POST', path: '/hermes/v1/chat/completions' } },
    });
  });

  it('is not asked for a path that leads out of what is passed on, which is told as a path that cannot be read', async () => {
    for (const path of ['/api/sessions/%2e%2e/cron', '/v1/%2e%2e%2fadmin']) {
      const headers = { authorization: `Bearer ${TEST_KEY}` };
      // As it is: fetch would resolve it.
      const { port } = server.app.getHttpServer().address() as AddressInfo;
      const answer = await new Promise<IncomingMessage>((done, failed) => {
        get({ port, path: `/hermes${path}`, headers, agent: false }, done).on('error', failed);
      });
      expect([path, answer.statusCode, await json(answer)]).toMatchObject([
        ...[path, 400],
        { error: { code: 'bad_request', param: null } },
      ]);
    }
    expect(hermes.arrived).toEqual([]);
  });

  it('is answered for with 502 and no features while it is down', async () => {
    await hermes.close();
    const response = await send('/v1/models');
    expect([response.status, await response.json()]).toEqual([
      502,
      {
        error: {
          message: expect.any(String),
          type: 'service_unavailable',
          param: null,
          code: 'upstream_unavailable',
        },
      },
    ]);
    const capabilities: unknown = await (await send('/v1/capabilities')).json();
    expect(capabilities).toMatchObject({ features: { chat_completions: false, sessions_api: true } });
    expect((await send('/v1/sessions')).status).toBe(200);
  });
});

describe('no Hermes API server', () => {
  it('is told to whoever wants an agent, and has a key', async () => {
    const server = await TestServer.start(smallHistory(25));
    for (const path of [
      '/v1/chat/completions',
      '/api/sessions/plain/chat/stream',
      '/p/default/api/sessions/plain/model',
    ]) {
      const { status, body, headers } = await server.post(path, { message: 'Hello' });
      expect([status, headers['x-should-retry'], body]).toMatchObject([
        501,
        'false',
        { error: { code: 'agent_needed', message: expect.stringContaining('HERMES_UPSTREAM_URL') } },
      ]);
      const refused = await server.http.post(path).send({});
      expect([refused.status, refused.headers['www-authenticate'], refused.body]).toEqual([
        401,
        expect.stringContaining('Bearer realm='),
        INVALID_KEY,
      ]);
    }
    await server.close();
  });

  it.each([
    ['/api/sessions/__probe__/chat/stream', 'session_not_found'],
    ['/p/default/api/sessions/__probe__/chat', 'session_not_found'],
    ['/p/nobody/api/sessions/plain/model', 'profile_not_found'],
  ])('is told of sessions that are there, as apps find out with %s', async (path, code) => {
    const server = await TestServer.start(smallHistory(25));
    const { status, body } = await server.post(path, {});
    expect([status, body]).toMatchObject([404, { error: { code } }]);
    await server.close();
  });

  it.each([
    ['text/plain', 'Hello'],
    ['application/json', '{bad'],
    ['application/json', JSON.stringify({ message: 'x'.repeat(70_000) })],
  ])('is told whatever is sent to it, as %s', async (type, body) => {
    const server = await TestServer.start(smallHistory(25));
    const response = await server.http
      .post('/v1/chat/completions')
      .set({ Authorization: `Bearer ${TEST_KEY}`, 'Content-Type': type })
      .send(body);
    expect([response.status, response.body]).toMatchObject([501, { error: { code: 'agent_needed' } }]);
    await server.close();
  });

  it('is told no more often than other things, and in the same form', async () => {
    const server = await TestServer.start(smallHistory(25), { RATE_LIMIT_KEY: '1', RATE_LIMIT_ADDRESS: '3' });
    expect((await server.post('/v1/runs', {})).status).toBe(501);
    for (const send of [() => server.post('/v1/runs', {}), () => server.get('/v1/runs')]) await send();
    for (const path of ['/v1/runs', '/console/', '/docs']) {
      const { status, body } = await (path === '/v1/runs' ? server.post(path, {}) : server.http.get(path));
      expect([path, status, body]).toMatchObject([path, 429, { error: { code: 'rate_limited' } }]);
    }
    await server.close();
  });

  it('leaves its paths unknown', async () => {
    const server = await TestServer.start(smallHistory(25));
    for (const path of ['/v1/models', '/api/jobs']) {
      const { status, body } = await server.get(path);
      expect([status, body]).toMatchObject([404, { error: { code: 'route_not_found' } }]);
    }
    await server.close();
  });
});
