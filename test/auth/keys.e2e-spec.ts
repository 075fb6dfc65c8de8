import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { createKey, readKeyFile, writeKeyFile, type KeyRequest } from '../../src/auth/key-file.js';
import { SCOPES } from '../../src/auth/scopes.js';
import { createApp } from '../../src/server.js';
import { smallHistory } from '../support/histories.js';
import { keys } from '../support/keys.js';
import { BO, historyOfTwo, keyFileWith } from '../support/people.js';
import { temporaryFolder, testSettings, TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

describe('hermes-sessions keys', () => {
  let path: string;

  beforeEach(() => {
    path = join(temporaryFolder(), 'deep', 'keys.json');
  });

  it('makes a key that is shown once, in a file that only its owner reads and that does not hold it', async () => {
    const made = await keys(
      path,
      'create',
      'dashboard',
      '--scope',
      'sessions:read',
      'metrics',
      '--expires',
      '90d',
    );
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^hsk_[0-9a-f]{16}_[\w-]{43}\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const file = readFileSync(path, 'utf8');
    expect(file).not.toContain(made.stdout.trim().slice(-43));
    const listed = await keys(path, 'list');
    expect(listed.stdout).toMatch(/^NAME +SCOPES +LIMITS +CREATED +EXPIRES +LAST USED\n/);
    expect(listed.stdout).toMatch(/\ndashboard +sessions:read,metrics +- .* never\n$/);
  });

  it('takes lists as it shows them, separated by commas, and the id of a user as it is', async () => {
    const args = ['create', 'some', '--scope', 'sessions:read,sessions:write', '--user-id', 'ana,bo'];
    const limits = ['--platform', 'cli,telegram', '--profile', 'work', 'home', '--origin', 'a, b', 'c'];
    expect((await keys(path, ...args, ...limits)).code).toBe(0);
    expect(readKeyFile(path)).toMatchObject([
      {
        scopes: ['sessions:read', 'sessions:write'],
        user_id: 'ana,bo',
        platforms: ['cli', 'telegram'],
        profiles: ['work', 'home'],
        origins: ['a', 'b', 'c'],
      },
    ]);
  });

  it('revokes a key and keeps the others', async () => {
    for (const name of ['one', 'two', 'three']) await keys(path, 'create', name, '--scope', 'sessions:read');
    expect((await keys(path, 'revoke', 'two')).code).toBe(0);
    expect(readKeyFile(path).map(({ name }) => name)).toEqual(['one', 'three']);
  });

  it.each([
    [['create', 'x', '--scope', 'everything'], /--scope everything: must be one of sessions:read/],
    [['create', 'x'], /required option '--scope <scopes...>' not specified/],
    [['create', 'no spaces', '--scope', 'metrics'], /A name must be 1 to 64/],
    [['create', 'x', '--scope', 'metrics', '--expires', 'soon'], /--expires soon: must be in the future/],
    [['create', 'x', '--scope', 'metrics', '--expires', '2001-01-01'], /must be in the future/],
    [['create', 'taken', '--scope', 'metrics'], /A key named taken already exists/],
    [['create', 'x', '--scope', 'metrics', '--expires', '2030-W10'], /must be in the future/],
    [['create', 'x', '--scope', 'sessions:read', '--user-id', ''], /the key x: user_id must be a text/],
    [['create', 'x', '--scope', 'sessions:read', '--platform', ''], /the key x: platforms must be a list/],
    [
      ['create', 'x', '--scope', 'sessions:read', '--platform', 'cli,'],
      /the key x: platforms must be a list/,
    ],
    [
      ['create', 'x', '--scope', 'sessions:read', 'metrics', '--user-id', 'ana'],
      /--scope metrics: applies to the whole history, so it cannot be combined with --user-id/,
    ],
    [
      ['create', 'x', '--scope', 'metrics', '--origin', 'build-01'],
      /--scope metrics: applies to the whole history/,
    ],
    [['revoke', 'nobody'], /There is no key named nobody/],
  ])('refuses %j with a sentence', async (args, sentence) => {
    await keys(path, 'create', 'taken', '--scope', 'metrics');
    const before = readFileSync(path, 'utf8');
    const { code, stderr } = await keys(path, ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it.each([
    [
      'others may read',
      (file: string) => {
        chmodSync(file, 0o640);
      },
      /can be read or written by others/,
    ],
    [
      'is no JSON',
      (file: string) => {
        writeFileSync(file, '{"version": 1, "keys": [');
      },
      /cannot be read as JSON/,
    ],
    [
      'holds something else',
      (file: string) => {
        writeFileSync(file, '{"version": 1, "keys": [{}]}');
      },
      /is no file of keys: key 1 of the list: .+ must be/,
    ],
  ])('does not touch a file that %s', async (_name, spoil, sentence) => {
    await keys(path, 'create', 'one', '--scope', 'metrics');
    spoil(path);
    const before = readFileSync(path, 'utf8');
    const { code, stderr } = await keys(path, 'create', 'two', '--scope', 'metrics');
    expect([code, stderr]).toEqual([1, expect.stringMatching(sentence)]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});

describe('a running server', () => {
  it('accepts a key soon after its making, and refuses it soon after its end', async () => {
    const path = join(temporaryFolder(), 'keys.json');
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: path });
    const { record, token } = createKey({ name: 'late', scopes: ['sessions:read'] }, new Date());
    const status = async (): Promise<number> => (await server.as(token).get('/v1/sessions')).status;
    expect(await status()).toBe(401);
    writeKeyFile(path, [record]);
    await until(async () => (await status()) === 200);
    writeKeyFile(path, []);
    await until(async () => (await status()) === 401);
    await server.close();
  });

  it('accepts no key of a file that others may read', async () => {
    const { path, token } = keyFileWith({});
    chmodSync(path, 0o644);
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: path });
    expect((await server.as(token).get('/v1/sessions')).status).toBe(401);
    expect((await server.get('/v1/sessions')).status).toBe(200);
    await server.close();
  });

  it.each([
    ['an expired key', { expires_at: '2020-01-01T00:00:00.000Z' }, (token: string) => token],
    ['another secret', {}, (token: string) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
    [
      'another id',
      {},
      (token: string) => token.replace(/^hsk_./, (start) => (start.endsWith('0') ? 'hsk_1' : 'hsk_0')),
    ],
  ])('refuses %s', async (_name, request, spoil) => {
    const { path, token } = keyFileWith(request);
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: path });
    const { status, body } = await server.as(spoil(token)).get('/v1/sessions');
    expect([status, body]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
    await server.close();
  });

  it('remembers when a key was last used', async () => {
    const { path, token } = keyFileWith({ name: 'watcher' });
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: path });
    await server.as(token).get('/v1/sessions');
    await server.close();
    expect(statSync(`${path}.last-used`).mode & 0o777).toBe(0o600);
    const { stdout } = await keys(path, 'list');
    expect(stdout).toMatch(
      new RegExp(`\\nwatcher .* ${new Date().toISOString().slice(0, 10)}T[\\d:.]+Z\\n$`),
    );
  });

  it('forgets when a key was used that is there no more', async () => {
    const { path, token } = keyFileWith({ name: 'old' });
    const useOnce = async (used: string): Promise<string> => {
      const server = await TestServer.start(smallHistory(25), { KEYS_FILE: path });
      expect((await server.as(used).get('/v1/sessions')).status).toBe(200);
      await server.close();
      return readFileSync(`${path}.last-used`, 'utf8');
    };
    const [old = ''] = readKeyFile(path).map(({ id }) => id);
    expect(await useOnce(token)).toContain(old);
    const { record, token: newToken } = createKey({ name: 'new', scopes: ['sessions:read'] }, new Date());
    writeKeyFile(path, [record]);
    const uses = await useOnce(newToken);
    expect(uses).toContain(record.id);
    expect(uses).not.toContain(old);
  });
});

const PLAIN = '/v1/sessions/plain';

describe('scopes', () => {
  const NEEDED = {
    'sessions:read': [
      ['get', '/v1/sessions', undefined],
      ['get', PLAIN, undefined],
      ['get', `${PLAIN}/messages`, undefined],
      ['get', '/v1/profiles', undefined],
      ['post', '/v1/sessions/prune', { titled: true }],
    ],
    'sessions:write': [
      ['patch', PLAIN, { pinned: true }],
      ['post', '/v1/sessions/bulk', { action: 'pin', ids: ['plain'] }],
    ],
    'sessions:delete': [
      ['post', '/v1/sessions/bulk', { action: 'delete', ids: ['plain'] }],
      ['delete', '/v1/sessions/branch', undefined],
    ],
    metrics: [['get', '/health/detailed', undefined]],
  } as const;

  it.each(SCOPES)('%s allows what it says and nothing else', async (scope) => {
    // What is changed in bulk is read, too.
    const scopes = scope.startsWith('sessions:') ? (['sessions:read', scope] as const) : ([scope] as const);
    const { path, token } = keyFileWith({ scopes });
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: path });
    for (const [needed, requests] of Object.entries(NEEDED)) {
      for (const [method, target, body] of requests) {
        const { status, body: answer, headers } = await server.as(token).send(method, target, body);
        const isAllowed = (scopes as readonly string[]).includes(needed);
        expect([needed, method, target, status]).toEqual([needed, method, target, isAllowed ? 200 : 403]);
        if (isAllowed) continue;
        expect(answer).toEqual({
          error: {
            message: expect.stringMatching(/^This key has no scope /),
            type: 'permission_error',
            param: null,
            code: 'insufficient_scope',
          },
        });
        expect(headers['www-authenticate']).toBe(
          'Bearer realm="hermes-sessions", error="insufficient_scope"',
        );
      }
    }
    expect(await server.as(token).json('/v1/capabilities')).toMatchObject({
      auth: { scopes: [...new Set(scopes)] },
    });
    await server.close();
  });
});

describe('the scope metrics', () => {
  it.each<Partial<KeyRequest>>([
    { user_id: 'ana' },
    { platforms: ['cli'] },
    { profiles: ['default'] },
    { origins: ['build-01'] },
  ])('is of no use to a key that is limited to %j', async (limit) => {
    const { path, token } = keyFileWith({ scopes: ['sessions:read', 'metrics'], ...limit });
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: path });
    for (const target of ['/metrics', '/health/detailed']) {
      const { status, body } = await server.as(token).get(target);
      expect([target, status, body]).toMatchObject([
        target,
        403,
        {
          error: {
            code: 'insufficient_scope',
            message: expect.stringMatching(
              /^The scope metrics tells of the whole history: it needs a key that/,
            ),
          },
        },
      ]);
    }
    expect(await server.as(token).json('/v1/capabilities')).toMatchObject({
      auth: { scopes: ['sessions:read'] },
    });
    await server.close();
  });
});

describe('the audit log', () => {
  it('says who changed what, and never what it holds', async () => {
    const lines: string[] = [];
    const out = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    const { path, token } = keyFileWith({
      name: 'ana',
      scopes: ['sessions:read', 'sessions:write'],
      user_id: 'bo',
    });
    const settings = testSettings({ STATE_DB: historyOfTwo(), KEYS_FILE: path });
    const app = await createApp(settings, pino({ level: 'warn' }, out));
    await app.listen(0, '127.0.0.1');
    const owner = TestServer.over(app);
    const limited = owner.as(token);
    await limited.patch('/v1/sessions/zebra-1', { title: `A ${BO} title`, archived: true });
    await limited.patch('/v1/sessions/ana-1', { title: 'Not hers' });
    await limited.post('/v1/sessions/bulk', { action: 'pin', ids: ['zebra-1', 'ana-1'] });
    await owner.delete('/v1/sessions/zebra-1');
    const criteria = { platform: ['cli'], max_messages: 9 };
    const { plan } = (await owner.post('/v1/sessions/prune', criteria)).body as { plan: string };
    await owner.post('/v1/sessions/prune', { ...criteria, dry_run: false, plan });
    await owner.close();
    const audited = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.audit === true);
    expect(
      audited.map(({ principal, action, session_id, profile, deleted_session_ids }) => [
        principal,
        action,
        session_id,
        profile,
        deleted_session_ids,
      ]),
    ).toEqual([
      ['key:ana', 'rename archive', 'zebra-1', 'default', undefined],
      ['key:ana', 'pin', 'zebra-1', 'default', undefined],
      ['api_server_key', 'delete', 'zebra-1', 'default', ['zebra-1']],
      ['api_server_key', 'delete', 'ana-2', 'default', ['ana-2']],
    ]);
    expect(lines.join('')).not.toContain('title');
    expect(lines.join('')).not.toContain(token);
  });
});
