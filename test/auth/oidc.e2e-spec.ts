import { jest } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { Issuer } from '../support/issuer.js';
import { historyOfTwo } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';
import type { Environment } from '../../src/config/settings.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';

describe('tokens of an OpenID Connect issuer', () => {
  let issuer: Issuer;
  let server: TestServer;
  let path: string;

  const start = async (more: Environment = {}): Promise<void> => {
    path = historyOfTwo();
    server = await TestServer.start(path, {
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'hermes-sessions',
      ...more,
    });
  };

  beforeEach(async () => {
    issuer = await Issuer.start();
  });

  afterEach(async () => {
    await server.close();
    await issuer.close();
  });

  const list = async (token: string): Promise<{ status: number; body: unknown }> =>
    server.as(token).get('/v1/sessions');

  it('show their subject its own sessions, by their scopes', async () => {
    await start();
    const token = await issuer.token({ scope: 'openid sessions:read' });
    expect(await list(token)).toMatchObject({ status: 200, body: { total: 3 } });
    expect((await server.as(token).get('/v1/sessions/zebra-1')).status).toBe(404);
    expect((await server.as(token).patch('/v1/sessions/ana-1', { pinned: true })).status).toBe(403);
    expect((await list(await issuer.token({ scope: 'openid' }))).status).toBe(403);
    expect((await list(await issuer.token())).status).toBe(403);
    // The issuer's keys are asked for once.
    expect(issuer.asked).toBe(1);
  });

  it('take what they may do, and whose sessions they see, from the claims that are configured', async () => {
    await start({
      OIDC_SCOPES_CLAIM: 'groups',
      OIDC_SCOPE_MAP: 'staff=sessions:read, admins=sessions:read+sessions:write+all_users',
      OIDC_USER_CLAIM: 'telegram_id',
      OIDC_PLATFORMS_CLAIM: 'platforms',
    });
    const platforms = ['telegram', 'cli'];
    const staff = await issuer.token({ groups: ['staff'], telegram_id: 'bo', platforms });
    expect(await list(staff)).toMatchObject({ status: 200, body: { total: 2 } });
    const admin = await issuer.token({ groups: ['staff', 'admins'], platforms });
    expect(await list(admin)).toMatchObject({ status: 200, body: { total: 8 } });
    expect((await server.as(admin).patch('/v1/sessions/zebra-1', { pinned: true })).status).toBe(200);
    expect(await list(await issuer.token({ groups: ['admins'], platforms: ['cli'] }))).toMatchObject({
      body: { total: 1 },
    });
    // A claim that limits also limits where it is missing, and a person must be named.
    expect(await list(await issuer.token({ groups: ['admins'] }))).toMatchObject({ body: { total: 0 } });
    expect((await list(await issuer.token({ groups: ['staff'], platforms }))).status).toBe(401);
    // A value that is no scope by itself grants nothing.
    expect(
      (await list(await issuer.token({ groups: ['sessions:read'], telegram_id: 'bo', platforms }))).status,
    ).toBe(403);
  });

  it.each<[string, unknown, number | undefined]>([
    ['a text', 'bo', 2],
    ['a text with a space, whole', 'bo the second', 0],
    ['a text with spaces around it, whole', ' bo ', 0],
    ['a whole number, in digits', 4711, 0],
    ['an empty text', '', undefined],
    ['a list', ['bo'], undefined],
    ['a number with a fraction', 1.5, undefined],
    ['a number that is not exact', 2 ** 53, undefined],
    ['a switch', true, undefined],
    ['null', null, undefined],
    ['an object that has no text', { toString: null }, undefined],
  ])('name a person by %s', async (_form, telegram_id, total) => {
    await start({ OIDC_USER_CLAIM: 'telegram_id' });
    const expected = total === undefined ? { status: 401 } : { status: 200, body: { total } };
    expect(await list(await issuer.token({ scope: 'sessions:read', telegram_id }))).toMatchObject(expected);
    // Who may see everybody's sessions need not be named, but must not be named like that.
    const all = total === undefined ? { status: 401 } : { status: 200, body: { total: 8 } };
    expect(await list(await issuer.token({ scope: 'sessions:read all_users', telegram_id }))).toMatchObject(
      all,
    );
  });

  it('keep people apart whose names begin alike', async () => {
    await start({ OIDC_USER_CLAIM: 'name' });
    const db = new Sqlite(path);
    db.prepare('UPDATE sessions SET user_id = ? WHERE id = ?').run('bo the second', 'zebra-1');
    db.prepare('UPDATE sessions SET user_id = ? WHERE id = ?').run('4711', 'ana-2');
    db.close();
    const seenBy = async (name: unknown): Promise<readonly string[]> => {
      const { body } = await list(await issuer.token({ scope: 'sessions:read', name }));
      return (body as SessionListResponse).data.map(({ id }) => id);
    };
    expect(await seenBy('bo the second')).toEqual(['zebra-1']);
    expect(await seenBy('bo')).toEqual(['zebra-3']);
    expect(await seenBy(4711)).toEqual(['ana-2']);
  });

  it.each<[string, unknown]>([
    ['an object that has no text', { toString: null }],
    ['a list', ['ana']],
    ['an empty text', ''],
  ])('are refused where %s is their subject, whoever else they name', async (_form, sub) => {
    await start({ OIDC_USER_CLAIM: 'telegram_id' });
    const claims = { scope: 'sessions:read', telegram_id: 'bo', sub: sub as string };
    expect((await list(await issuer.token(claims))).status).toBe(401);
  });

  it.each<[string, unknown, number | undefined]>([
    ['a list', ['cli', 'my chat'], 1],
    ['a name with a space in a list, whole', ['my cli'], 0],
    ['words', 'telegram cli', 8],
    ['an empty list', [], 0],
    ['an empty text', '', 0],
    ['a list with something else in it', ['cli', 7], undefined],
    ['a list in a list', [['cli']], undefined],
    ['a number', 7, undefined],
    ['an object', { cli: true }, undefined],
    ['null', null, undefined],
  ])('limit what they see by %s', async (_form, claim, total) => {
    await start({ OIDC_PLATFORMS_CLAIM: 'platforms' });
    const token = await issuer.token({ scope: 'sessions:read all_users', platforms: claim });
    const expected = total === undefined ? { status: 401 } : { status: 200, body: { total } };
    expect(await list(token)).toMatchObject(expected);
  });

  it('tell the numbers of the whole history to who may know of all of it', async () => {
    await start({ OIDC_PLATFORMS_CLAIM: 'platforms' });
    const statusWith = async (claims: JWTPayload): Promise<number> =>
      (await server.as(await issuer.token(claims)).get('/metrics')).status;
    expect(await statusWith({ scope: 'metrics' })).toBe(403);
    expect(await statusWith({ scope: 'metrics all_users', platforms: ['cli'] })).toBe(403);
    await server.close();
    await start();
    expect(await statusWith({ scope: 'metrics all_users' })).toBe(200);
  });

  it.each(['OIDC_PROFILES_CLAIM', 'OIDC_ORIGINS_CLAIM'])(
    'are refused where the claim of %s is no list of texts',
    async (setting) => {
      await start({ [setting]: 'within' });
      const statusWith = async (within: unknown): Promise<number> =>
        (await list(await issuer.token({ scope: 'sessions:read', within }))).status;
      expect(await statusWith(['default'])).toBe(200);
      expect(await statusWith(['default', null])).toBe(401);
      expect(await statusWith(false)).toBe(401);
    },
  );

  it.each([
    ['has expired', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['has no end', { exp: undefined }],
    ['is for another audience', { aud: 'another-server' }],
    ['is of another issuer', { iss: 'https://login.example.com' }],
    ['is not valid yet', { nbf: Math.floor(Date.now() / 1000) + 600 }],
  ])('are refused where one %s', async (_name, claims) => {
    await start();
    const { status, body } = await list(await issuer.token({ scope: 'sessions:read', ...claims }));
    expect([status, body]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
  });

  it('are refused where nobody, or anybody, signed them', async () => {
    await start();
    const claims = { iss: issuer.url, aud: 'hermes-sessions', sub: 'ana', scope: 'sessions:read' };
    const unsigned = new UnsecuredJWT(claims).setExpirationTime('5m').encode();
    // Nothing keeps anybody from signing with a secret that is known.
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode('a secret that an attacker chose for it'));
    const { privateKey } = await generateKeyPair('RS256');
    const foreign = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'first' })
      .setExpirationTime('5m')
      .sign(privateKey);
    for (const token of [unsigned, shared, foreign]) expect((await list(token)).status).toBe(401);
  });

  it('go on being accepted when the issuer takes a new key, or is away', async () => {
    await start();
    const first = await issuer.token({ scope: 'sessions:read' });
    expect((await list(first)).status).toBe(200);
    issuer.isDown = true;
    expect((await list(first)).status).toBe(200);
    issuer.isDown = false;
    await issuer.rotate('second');
    const second = await issuer.token({ scope: 'sessions:read' });
    // An unknown key makes the issuer be asked again, at most once a second.
    await until(async () => (await list(second)).status === 200);
    const { asked } = issuer;
    for (let i = 0; i < 5; i++) await list(await issuer.token({ scope: 'sessions:read' }));
    expect(issuer.asked).toBe(asked);
  });

  it('are answered with 503, and no refusal, where the issuer cannot be asked', async () => {
    issuer.isDown = true;
    await start();
    const token = await issuer.token({ scope: 'sessions:read' });
    const { status, body } = await list(token);
    expect([status, body]).toMatchObject([503, { error: { code: 'identity_provider_unavailable' } }]);
    issuer.isDown = false;
    expect((await list(token)).status).toBe(200);
  });

  describe('hours later', () => {
    const { now } = Date;

    const hoursLater = (hours: number): void => {
      jest.spyOn(Date, 'now').mockImplementation(() => now() + hours * 3_600_000);
    };

    afterEach(() => jest.restoreAllMocks());

    const statusOf = async (): Promise<number> =>
      (await list(await issuer.token({ scope: 'sessions:read' }))).status;

    it('are looked up where the issuer has its keys by then', async () => {
      await start();
      expect(await statusOf()).toBe(200);
      issuer.keysPath = '/elsewhere';
      await issuer.rotate('second');
      expect(await statusOf()).not.toBe(200);
      hoursLater(2);
      await until(async () => (await statusOf()) === 200);
    });

    it('go on being accepted by the keys that were known while the issuer is away, but not for ever', async () => {
      await start();
      expect(await statusOf()).toBe(200);
      issuer.isDown = true;
      hoursLater(6);
      expect(await statusOf()).toBe(200);
      await issuer.rotate('second');
      expect(await statusOf()).toBe(503);
      issuer.isDown = false;
      expect(await statusOf()).toBe(200);
      issuer.isDown = true;
      hoursLater(6 + 13);
      expect(await statusOf()).toBe(503);
    });
  });
});

describe('the settings of an issuer', () => {
  it.each([
    [{ OIDC_ISSUER: 'https://login.example.com' }, /OIDC_AUDIENCE must be set/],
    [{ OIDC_ISSUER: 'http://login.example.com', OIDC_AUDIENCE: 'x' }, /OIDC_ISSUER must be an https URL/],
    [
      { OIDC_ISSUER: 'https://a.example', OIDC_AUDIENCE: 'x', OIDC_SCOPE_MAP: 'staff=everything' },
      /OIDC_SCOPE_MAP must be pairs/,
    ],
  ])('are checked at the start: %j', async (environment, message) => {
    await expect(TestServer.start(historyOfTwo(), environment)).rejects.toThrow(message);
  });
});
