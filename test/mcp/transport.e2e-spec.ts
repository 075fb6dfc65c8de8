import { Issuer } from '../support/issuer.js';
import { smallHistory } from '../support/histories.js';
import { connectMcp, refusalOf } from '../support/mcp.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** What every client says it takes. */
const ACCEPT = 'application/json, text/event-stream';

describe('the way to /mcp', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25), { CORS_ORIGINS: 'https://app.example.com' });
  });

  afterAll(() => server.close());

  it('is named by the capabilities, and is not there where it is switched off', async () => {
    const { features, endpoints } = await server.json<{ features: object; endpoints: object }>(
      '/v1/capabilities',
    );
    expect(features).toMatchObject({ mcp: true });
    expect(endpoints).toMatchObject({ mcp: { method: 'POST', path: '/mcp' } });
    const without = await TestServer.start(smallHistory(25), { MCP: 'off' });
    expect((await without.post('/mcp', PING)).status).toBe(404);
    expect(await without.json('/v1/capabilities')).toMatchObject({ features: { mcp: false } });
    await without.close();
  });

  it('needs a key that may read, and says so in the words of the protocol', async () => {
    const nobody = await server.as('no-key-of-this-server').post('/mcp', PING);
    expect([nobody.status, nobody.body]).toEqual([
      401,
      {
        jsonrpc: '2.0',
        id: null,
        error: { code: -32000, message: expect.any(String), data: { code: 'invalid_api_key' } },
      },
    ]);
    const keys = keyFileWith({ scopes: ['metrics'] });
    const limited = await TestServer.start(smallHistory(25), { KEYS_FILE: keys.path });
    expect((await limited.as(keys.token).post('/mcp', PING)).status).toBe(403);
    await limited.close();
  });

  it.each([
    ['https://evil.example.com', 403],
    ['http://evil.example.com:8643', 403],
    ['null', 403],
    ['https://app.example.com', 200],
    ['http://localhost:6274', 200],
    ['http://[::1]:6274', 200],
  ])('from a page of %s is answered %d', async (origin, status) => {
    const answer = await server.post('/mcp', PING).set('Accept', ACCEPT).set('Origin', origin);
    expect(answer.status).toBe(status);
  });

  it.each(['a b', 'user@host', '[', 'x:99999999'])(
    'takes a host of the name %j for what it is',
    async (host) => {
      const answer = await server.post('/mcp', PING).set('Accept', ACCEPT).set('Host', host);
      expect(answer.status).toBe(200);
    },
  );

  it('takes nothing that is no message, and nothing larger than other routes take', async () => {
    const raw = (body: string): Promise<{ status: number; body: unknown }> =>
      server.http
        .post('/mcp')
        .set('Authorization', `Bearer ${TEST_KEY}`)
        .set('Content-Type', 'application/json')
        .send(body);
    expect((await raw('{')).status).toBeGreaterThanOrEqual(400);
    expect((await server.post('/mcp', [PING, PING])).status).toBe(400);
    const large = await server.post('/mcp', { ...PING, params: { text: 'x'.repeat(70_000) } });
    expect(large.status).toBe(413);
  });

  it('counts calls by their key', async () => {
    const limited = await TestServer.start(smallHistory(25), { RATE_LIMIT_KEY: '3' });
    const answers: number[] = [];
    for (let call = 0; call < 4; call++)
      answers.push((await limited.post('/mcp', PING).set('Accept', ACCEPT)).status);
    expect(answers).toEqual([200, 200, 200, 429]);
    await limited.close();
  });
});

describe('people who sign in at an issuer', () => {
  let issuer: Issuer;
  let server: TestServer;

  beforeAll(async () => {
    issuer = await Issuer.start();
    server = await TestServer.start(smallHistory(25), {
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'hermes-sessions',
    });
  });

  afterAll(async () => {
    await server.close();
    await issuer.close();
  });

  it('are led there by the challenge, and by the document that it names', async () => {
    const url = await server.app.getUrl();
    const refused = await fetch(`${url}/mcp`, { method: 'POST', body: '{}' });
    expect(refused.status).toBe(401);
    const [, document = ''] =
      /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
    expect(document).toBe(`${url}/.well-known/oauth-protected-resource/mcp`);
    const described = await fetch(document);
    expect([described.status, await described.json()]).toEqual([
      200,
      {
        resource: `${url}/mcp`,
        resource_name: 'hermes-sessions',
        authorization_servers: [issuer.url],
        scopes_supported: ['sessions:read', 'sessions:write', 'sessions:delete'],
        bearer_methods_supported: ['header'],
      },
    ]);
    expect((await server.as('no-key').get('/v1/sessions')).headers['www-authenticate']).not.toContain(
      'resource_metadata',
    );
  });

  it.each(['evil.example"x', 'a, b="c'])('are led nowhere by a host of the name %j', async (host) => {
    const refused = await server.http.post('/mcp').set('Host', host).send({});
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      expect.not.stringContaining('resource_metadata'),
    ]);
  });

  it('come with its token, and see what is theirs', async () => {
    const client = await connectMcp(server, {
      key: await issuer.token({ sub: 'ana', scope: 'sessions:read' }),
    });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).not.toContain('rename_conversation');
    expect(await refusalOf(client, 'read_conversation', { id: 'archived' })).toMatch(/^session_not_found/);
    await client.close();
  });

  it('are not led anywhere where no issuer is set', async () => {
    const alone = await TestServer.start(smallHistory(25));
    const refused = await alone.as('no-key').post('/mcp', PING);
    expect(refused.headers['www-authenticate']).not.toContain('resource_metadata');
    expect((await alone.get('/.well-known/oauth-protected-resource/mcp')).status).toBe(404);
    await alone.close();
  });
});
