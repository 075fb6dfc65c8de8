import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { createDatabase, runSql } from '../support/database.js';
import { Gateway } from '../support/gateway.js';
import { smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { runCli, type Outcome } from '../support/process.js';
import { temporaryFolder, testSettings, TestServer } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

describe('keys in the database', () => {
  let url: string;
  let file: string;

  const cli = (...args: readonly string[]): Promise<Outcome> =>
    runCli(['keys', ...args], { DATABASE_URL: url, KEYS_FILE: file, LOG_LEVEL: 'warn' });

  const create = async (name: string, ...limits: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli('create', name, '--scope', 'sessions:read', ...limits);
    expect([code, stderr]).toEqual([0, expect.stringContaining('not be shown again')]);
    return stdout.trim();
  };

  const statusOf = async (server: TestServer, key: string): Promise<number> =>
    (await server.as(key).get('/v1/sessions')).status;

  beforeEach(async () => {
    url = await createDatabase();
    file = join(temporaryFolder(), 'keys.json');
  });

  it('are accepted by all servers, until they are taken back', async () => {
    const servers = await Promise.all([TestServer.onDatabase(url), TestServer.onDatabase(url)]);
    const [key, other] = [await create('dashboard'), await create('other')];
    expect(existsSync(file)).toBe(false);
    for (const server of servers)
      expect([await statusOf(server, key), await statusOf(server, other)]).toEqual([200, 200]);
    // Each has just read which keys there are.
    const newest = await create('newest');
    for (const server of servers) expect(await statusOf(server, newest)).toBe(200);
    expect((await cli('revoke', 'dashboard')).code).toBe(0);
    for (const server of servers) {
      await until(async () => (await statusOf(server, key)) === 401);
      expect(await statusOf(server, other)).toBe(200);
    }
    expect(await cli('revoke', 'dashboard')).toMatchObject({
      code: 1,
      stderr: 'There is no key named dashboard.\n',
    });
    for (const server of servers) await server.close();
  });

  it('are kept as hashes, and list says when each was used last', async () => {
    const key = await create('reports', '--expires', '90d');
    const server = await TestServer.onDatabase(url);
    await server.as(key).get('/v1/sessions').expect(200);
    await server.close();
    const [row] = await runSql(url, 'SELECT CAST(record AS text) AS record, used_at FROM api_keys');
    expect(row?.record).toContain('"hash"');
    expect(row?.record).not.toContain(key.slice(-43));
    expect(row?.used_at).toBeInstanceOf(Date);
    const { stdout } = await cli('list');
    expect(stdout).toMatch(
      /^NAME .* LAST USED +STORED IN\nreports +sessions:read +- .*Z +\S+Z +\S+Z +the database\n$/,
    );
  });

  it('say when they were used where no file can be written', async () => {
    const key = await create('reports');
    const server = await TestServer.onDatabase(url, { KEYS_FILE: '/proc/keys.json' });
    await server.as(key).get('/v1/sessions').expect(200);
    await server.close();
    const [row] = await runSql(url, 'SELECT used_at FROM api_keys');
    expect(row?.used_at).toBeInstanceOf(Date);
  });

  it('are left alone where a command is kept to the file', async () => {
    await create('shared');
    expect((await cli('create', 'local', '--scope', 'metrics', '--file')).code).toBe(0);
    expect((await cli('list', '--file')).stdout).toMatch(/^NAME .*\nlocal .*\n$/);
    expect((await cli('revoke', 'shared', '--file')).code).toBe(1);
  });

  it('have names that none of a file has, whichever comes first, and whoever comes at the same time', async () => {
    await create('shared');
    expect(await cli('create', 'shared', '--scope', 'metrics', '--file')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'A key named shared already exists.\n',
    });
    for (let round = 0; round < 3; round++) {
      const name = `twin-${round}`;
      const made = await Promise.all([
        cli('create', name, '--scope', 'metrics'),
        cli('create', name, '--scope', 'metrics', '--file'),
      ]);
      const tokens = made.filter(({ code }) => code === 0);
      expect(tokens.length).toBeLessThanOrEqual(1);
      const { stdout } = await cli('list');
      expect(stdout.split('\n').filter((line) => line.startsWith(name))).toHaveLength(tokens.length);
    }
  });

  it('keep nobody from making one of a file while the database is away', async () => {
    const gateway = await Gateway.open(url);
    await gateway.refuse();
    ({ url } = gateway);
    const { code, stderr } = await cli('create', 'local', '--scope', 'metrics', '--file');
    expect([code, stderr]).toEqual([0, expect.stringContaining('Could not check whether')]);
  });

  it('see what they are limited to', async () => {
    const shipper = await TestShipper.start(testSettings({ STATE_DB: smallHistory(25) }), url);
    await shipper.settled();
    const key = await create('ana', '--user-id', 'ana');
    const server = await TestServer.onDatabase(url);
    const all = await server.json<SessionListResponse>('/v1/sessions?limit=200');
    const own = await server.as(key).json<SessionListResponse>('/v1/sessions?limit=200');
    expect(own.total).toBeLessThan(all.total);
    expect(new Set(own.data.map(({ user_id: user }) => user))).toEqual(new Set(['ana']));
    expect((await server.as(key).patch('/v1/sessions/plain', { title: 'Mine' })).status).toBe(403);
    await server.close();
    await shipper.stop();
  });

  it('stand beside those of a file, under other names', async () => {
    const { path, token } = keyFileWith({ name: 'local', scopes: ['sessions:read'] });
    file = path;
    const shared = await create('shared');
    const server = await TestServer.onDatabase(url, { KEYS_FILE: file });
    expect([await statusOf(server, token), await statusOf(server, shared)]).toEqual([200, 200]);
    for (const name of ['local', 'shared'])
      expect(await cli('create', name, '--scope', 'metrics')).toMatchObject({
        code: 1,
        stderr: `A key named ${name} already exists.\n`,
      });
    expect((await cli('list')).stdout).toMatch(/\nshared .* the database\nlocal .*keys\.json\n$/);
    expect((await cli('revoke', 'local')).code).toBe(0);
    await until(async () => (await statusOf(server, token)) === 401);
    await server.close();
  });

  it('are refused alone where one is not right in everything', async () => {
    const [good, bad] = [await create('good'), await create('bad')];
    await runSql(
      url,
      `UPDATE api_keys SET record = CAST(CAST(record AS jsonb) || '{"platform": ["cli"]}' AS json) WHERE name = 'bad'`,
    );
    const server = await TestServer.onDatabase(url);
    expect([await statusOf(server, good), await statusOf(server, bad)]).toEqual([200, 401]);
    const { code, stdout, stderr } = await cli('list');
    expect([code, stdout.split('\n').filter((line) => /^(good|bad) /.test(line))]).toEqual([
      0,
      [expect.stringMatching(/^good /)],
    ]);
    expect(stderr).toContain('the key bad: platform is not known here');
    writeFileSync(file, '{', { mode: 0o600 });
    expect(await cli('revoke', 'good')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Revoked the key good.'),
    });
    expect((await runSql(url, 'SELECT name FROM api_keys')).map(({ name }) => name)).toEqual(['bad']);
    await server.close();
  });

  it('are not called wrong while nobody can say which there are', async () => {
    const key = await create('dashboard');
    const gateway = await Gateway.open(url);
    const server = await TestServer.onDatabase(gateway.url);
    await gateway.refuse();
    expect(await statusOf(server, key)).toBe(503);
    await gateway.accept();
    await until(async () => (await statusOf(server, key)) === 200);
    await gateway.refuse();
    expect(await statusOf(server, await create('meanwhile'))).toBe(503);
    const away = await server.as(key).get('/v1/sessions');
    expect([away.status, away.body]).toEqual([
      503,
      { error: expect.objectContaining({ code: 'store_unavailable' }) },
    ]);
    await server.close();
    await gateway.refuse();
  });

  it('are nothing that a host can read or make', async () => {
    await create('dashboard');
    const added = await runCli(['hosts', 'add', 'keys-host'], { DATABASE_URL: url, LOG_LEVEL: 'warn' });
    const [, own = ''] = /DATABASE_URL="([^"]+)"/.exec(added.stdout) ?? [];
    for (const sql of [
      'SELECT * FROM api_keys',
      "INSERT INTO api_keys VALUES ('a', 'b', '{}')",
      'DELETE FROM api_keys',
    ])
      await expect(runSql(own, sql)).rejects.toThrow('permission denied for table api_keys');
    const listed = await runCli(['keys', 'list'], { DATABASE_URL: own, KEYS_FILE: file, LOG_LEVEL: 'warn' });
    expect(listed).toMatchObject({
      code: 1,
      stderr: 'The role of DATABASE_URL may not do this in the database.\n',
    });
    await runCli(['hosts', 'remove', 'keys-host', '--keep-history'], {
      DATABASE_URL: url,
      LOG_LEVEL: 'warn',
    });
  });
});
