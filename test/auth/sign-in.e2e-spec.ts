import { jest } from '@jest/globals';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SignInLinks } from '../../src/auth/sign-in/sign-in-links.js';
import { historyOfTwo, keyFileWith } from '../support/people.js';
import { keys } from '../support/keys.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

const DAY = 86_400_000;

/** What a page of the server sends with everything. */
const PAGE = { 'x-hermes-sessions-page': '1', 'sec-fetch-site': 'same-origin' };

type Headers = Readonly<Record<string, string>>;

/** How a browser is signed in. */
interface SignInOptions {
  readonly key?: string;
  readonly stay?: boolean;
  readonly path?: string;
  readonly headers?: Headers;
}

/** A browser that keeps one cookie. */
class SignedIn {
  private constructor(
    private readonly server: TestServer,
    /** As it was set. */
    readonly set: string,
  ) {}

  static async in(
    server: TestServer,
    { key = TEST_KEY, stay = true, path = '/v1/sign-in', headers = {} }: SignInOptions = {},
  ): Promise<SignedIn> {
    const response = await server.http
      .post(path)
      .set({ authorization: `Bearer ${key}`, ...PAGE, ...headers })
      .send({ stay });
    expect([response.status, response.body]).toMatchObject([200, { signed_in: true }]);
    return new SignedIn(server, String(response.headers['set-cookie']));
  }

  get cookie(): string {
    return this.set.split(';')[0] ?? '';
  }

  /** Status of a request. */
  async status(headers: Headers = PAGE, path = '/v1/sessions', server = this.server): Promise<number> {
    return (await server.http.get(path).set({ cookie: this.cookie, ...headers })).status;
  }
}

describe('a browser that is signed in', () => {
  let folder: string;
  let server: TestServer;

  beforeEach(async () => {
    folder = temporaryFolder();
    server = await TestServer.onFile(historyOfTwo(), { KEYS_FILE: join(folder, 'keys.json') });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  it('is let in by a cookie that no script and no other site has, and in which nobody finds the key', async () => {
    const browser = await SignedIn.in(server);
    expect(browser.set).toMatch(
      /^hermes-sessions-[0-9a-f]{8}=[\w-]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(Buffer.from(browser.cookie.split('=')[1] ?? '', 'base64url').toString()).not.toContain('owner');
    expect(await browser.status()).toBe(200);
    const changed = await server.http
      .patch('/v1/sessions/ana-1')
      .set({ cookie: browser.cookie, ...PAGE, origin: await server.app.getUrl() })
      .send({ pinned: true });
    expect(changed.status).toBe(200);
  });

  it('is signed in until it is closed where nobody chose to stay', async () => {
    const { set } = await SignedIn.in(server, { stay: false });
    expect(set).not.toMatch(/Max-Age|Expires/);
  });

  it.each([
    ['a link, an image or a form, which can send no header', {}],
    ['a page of another site', { ...PAGE, 'sec-fetch-site': 'cross-site' }],
    ['a page of another port of the same host', { ...PAGE, 'sec-fetch-site': 'same-site' }],
    [
      'a page of another origin, in a browser that says no more',
      { 'x-hermes-sessions-page': '1', origin: 'http://127.0.0.1:9' },
    ],
    ['a page of no origin', { 'x-hermes-sessions-page': '1', origin: 'null' }],
  ])('is let in by nothing that comes from %s', async (_where, headers: Headers) => {
    const browser = await SignedIn.in(server);
    expect(await browser.status(headers)).toBe(401);
    for (const [method, path] of [
      ['post', '/v1/sessions/bulk'],
      ['patch', '/v1/sessions/ana-1'],
      ['delete', '/v1/sessions/ana-1'],
    ] as const) {
      const response = await server.http[method](path)
        .set({ cookie: browser.cookie, ...headers })
        .send({});
      expect([method, response.status]).toEqual([method, 401]);
    }
    for (const send of [server.http.post('/v1/sign-in'), server.http.delete('/v1/sign-in')]) {
      const { status, body } = await send.set({ authorization: `Bearer ${TEST_KEY}`, ...headers });
      expect([status, body]).toMatchObject([403, { error: { code: 'foreign_page' } }]);
    }
  });

  it('is known in a browser that tells less of where a page is from', async () => {
    const browser = await SignedIn.in(server);
    const origin = await server.app.getUrl();
    expect(await browser.status({ 'x-hermes-sessions-page': '1' })).toBe(200);
    const host = new URL(origin).host;
    expect(await browser.status({ 'x-hermes-sessions-page': '1', origin, host })).toBe(200);
  });

  it('is known to each server with the same keys, and to none with others', async () => {
    const browser = await SignedIn.in(server);
    const same = await TestServer.onFile(historyOfTwo(), { KEYS_FILE: join(folder, 'keys.json') });
    expect(await browser.status(PAGE, '/v1/sessions', same)).toBe(200);
    const otherKey = await TestServer.onFile(historyOfTwo(), {
      KEYS_FILE: join(folder, 'keys.json'),
      API_SERVER_KEY: 'another-key-0123456789',
    });
    expect(await browser.status(PAGE, '/v1/sessions', otherKey)).toBe(401);
    const otherSecret = await TestServer.onFile(historyOfTwo(), { KEYS_FILE: join(temporaryFolder(), 'k') });
    expect(await browser.status(PAGE, '/v1/sessions', otherSecret)).toBe(401);
    for (const each of [same, otherKey, otherSecret]) await each.close();
  });

  it('sees what its key sees, and no more from the moment on at which that ends', async () => {
    const { path, token } = keyFileWith({ scopes: ['sessions:read'], user_id: 'ana' });
    const limited = await TestServer.onFile(historyOfTwo(), { KEYS_FILE: path });
    const browser = await SignedIn.in(limited, { key: token });
    expect(await browser.status(PAGE, '/v1/sessions/ana-1')).toBe(200);
    expect(await browser.status(PAGE, '/v1/sessions/zebra-1')).toBe(404);
    const refused = await limited.http
      .patch('/v1/sessions/ana-1')
      .set({ cookie: browser.cookie, ...PAGE })
      .send({ pinned: true });
    expect(refused.status).toBe(403);
    expect((await keys(path, 'revoke', 'test')).code).toBe(0);
    await until(async () => (await browser.status()) === 401);
    await limited.close();
  });

  it('is signed out after its time, and by one call', async () => {
    const staying = await SignedIn.in(server);
    const passing = await SignedIn.in(server, { stay: false });
    const begun = Date.now();
    const clock = jest.spyOn(Date, 'now');
    clock.mockReturnValue(begun + 13 * 3_600_000);
    expect([await staying.status(), await passing.status()]).toEqual([200, 401]);
    clock.mockReturnValue(begun + 30 * DAY + 1000);
    expect(await staying.status()).toBe(401);
    clock.mockRestore();
    const out = await server.http.delete('/v1/sign-in').set({ cookie: staying.cookie, ...PAGE });
    expect([out.status, out.body]).toMatchObject([200, { signed_in: false, ends_at: null }]);
    const [name = ''] = staying.cookie.split('=');
    expect(String(out.headers['set-cookie'])).toBe(`${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict`);
  });

  it('is let in by nothing that was not sealed here, which is no try to guess a key', async () => {
    const { cookie } = await SignedIn.in(server);
    const limited = await TestServer.onFile(historyOfTwo(), {
      KEYS_FILE: join(folder, 'keys.json'),
      RATE_LIMIT_WRONG_KEYS: '1',
    });
    for (const value of [
      `${cookie}x`,
      cookie.slice(0, -4),
      cookie.replace(/=.*/, '='),
      'hermes-sessions-00000000=x',
    ])
      for (let turn = 0; turn < 2; turn++) {
        const { status, body } = await limited.http.get('/v1/sessions').set({ cookie: value, ...PAGE });
        expect([status, body]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
      }
    expect((await limited.get('/v1/sessions')).status).toBe(200);
    // Nor are cookies of Hermes's dashboard, which a browser sends to all ports of a host.
    const both = await limited.http
      .get('/v1/sessions')
      .set({ cookie: `hermes_session_at=of-the-dashboard; ${cookie}`, ...PAGE });
    expect(both.status).toBe(200);
    await limited.close();
  });

  it('needs a key to be signed in: neither a cookie nor nothing makes another cookie', async () => {
    const { cookie } = await SignedIn.in(server);
    const again = await server.http
      .post('/v1/sign-in')
      .set({ cookie, ...PAGE })
      .send({ stay: true });
    expect([again.status, again.body]).toMatchObject([403, { error: { code: 'sign_in_needs_key' } }]);
    expect((await server.http.post('/v1/sign-in').set(PAGE).send({})).status).toBe(401);
  });

  it('is signed in by nothing while others can read the secret', async () => {
    const browser = await SignedIn.in(server);
    const secret = join(folder, 'keys.json.sign-in-secret');
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    chmodSync(secret, 0o644);
    expect(await browser.status()).toBe(401);
    const refused = await server.post('/v1/sign-in', {}).set(PAGE);
    expect([refused.status, refused.body]).toMatchObject([503, { error: { code: 'sign_in_unavailable' } }]);
    chmodSync(secret, 0o600);
    expect(await browser.status()).toBe(200);
  });

  it('hears events', async () => {
    const { cookie } = await SignedIn.in(server);
    const stream = await fetch(`${await server.app.getUrl()}/v1/sessions/events`, {
      headers: { cookie, ...PAGE },
    });
    expect([stream.status, stream.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('event-stream'),
    ]);
    await stream.body?.cancel();
  });

  it('is signed in by a link once', async () => {
    const code = server.app.get(SignInLinks, { strict: false }).issue();
    const foreign = await server.http.post('/v1/sign-in/link').send({ code });
    expect([foreign.status, foreign.body]).toMatchObject([403, { error: { code: 'foreign_page' } }]);
    const first = await server.http.post('/v1/sign-in/link').set(PAGE).send({ code });
    expect([first.status, first.body]).toMatchObject([200, { signed_in: true }]);
    const cookie = String(first.headers['set-cookie']).split(';')[0] ?? '';
    expect((await server.http.get('/v1/sessions').set({ cookie, ...PAGE })).status).toBe(200);
    for (const used of [code, 'never-issued']) {
      const { status, body } = await server.http.post('/v1/sign-in/link').set(PAGE).send({ code: used });
      expect([status, body]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
    }
  });

  it('tries no codes by the thousand', async () => {
    const limited = await TestServer.onFile(historyOfTwo(), { RATE_LIMIT_WRONG_KEYS: '2' });
    const links = limited.app.get(SignInLinks, { strict: false });
    const statuses: number[] = [];
    for (const code of ['a', 'b', links.issue()])
      statuses.push((await limited.http.post('/v1/sign-in/link').set(PAGE).send({ code })).status);
    expect(statuses).toEqual([401, 401, 429]);
    await limited.close();
  });
});

describe('a browser that is signed in through a proxy', () => {
  const sign = async (environment: Headers, headers: Headers): Promise<string> => {
    const server = await TestServer.onFile(historyOfTwo(), { BASE_PATH: '/hermes', ...environment });
    const browser = await SignedIn.in(server, { path: '/hermes/v1/sign-in', headers });
    expect(await browser.status({ ...PAGE, ...headers }, '/hermes/v1/sessions')).toBe(200);
    await server.close();
    return browser.set;
  };

  it('has a cookie for the path of the server, and for TLS alone where the proxy says so and is believed', async () => {
    const safe = { 'x-forwarded-proto': 'https' };
    expect(await sign({ TRUST_PROXY: 'loopback' }, safe)).toMatch(
      /^__Secure-hermes-sessions-\w+=\S+ Max-Age=\d+; Path=\/hermes\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(await sign({ TRUST_PROXY: 'loopback' }, {})).not.toContain('Secure');
    expect(await sign({ TRUST_PROXY: 'false' }, safe)).not.toContain('Secure');
  });
});
