import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

describe('the bearer guard', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
  });

  afterAll(() => server.close());

  const refused = {
    error: {
      message: expect.any(String),
      type: 'authentication_error',
      param: null,
      code: 'invalid_api_key',
    },
  };

  it.each([
    ['no header', undefined, 'Bearer realm="hermes-sessions"'],
    ['an empty token', 'Bearer ', 'Bearer realm="hermes-sessions", error="invalid_token"'],
    ['a wrong key', 'Bearer wrong-key-0123456789', 'Bearer realm="hermes-sessions", error="invalid_token"'],
    ['a longer key', `Bearer ${TEST_KEY}x`, 'Bearer realm="hermes-sessions", error="invalid_token"'],
    ['another scheme', `Basic ${TEST_KEY}`, 'Bearer realm="hermes-sessions", error="invalid_token"'],
    ['the bare key', TEST_KEY, 'Bearer realm="hermes-sessions", error="invalid_token"'],
  ])('refuses %s with one and the same body', async (_name, header, challenge) => {
    const request = server.http.get('/v1/sessions');
    const response = await (header === undefined ? request : request.set('Authorization', header));
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe(challenge);
    expect(response.body).toEqual(refused);
    expect(response.text).toBe((await server.http.get('/v1/capabilities')).text);
  });

  it.each([
    ['get', '/v1/sessions'],
    ['get', '/v1/sessions/plain'],
    ['get', '/v1/sessions/plain/messages'],
    ['patch', '/v1/sessions/plain'],
    ['delete', '/v1/sessions/plain'],
    ['get', '/v1/capabilities'],
    ['get', '/health/detailed'],
  ] as const)('guards %s %s', async (method, path) => {
    expect((await server.http[method](path)).status).toBe(401);
  });

  it.each(['/livez', '/readyz', '/health', '/openapi.json', '/docs'])(
    'lets everybody see %s',
    async (path) => {
      expect((await server.http.get(path)).status).toBe(200);
    },
  );

  it.each([`Bearer ${TEST_KEY}`, `bearer ${TEST_KEY}`, `BEARER  ${TEST_KEY}`])(
    'lets %s in',
    async (header) => {
      expect((await server.http.get('/v1/sessions').set('Authorization', header)).status).toBe(200);
    },
  );
});
