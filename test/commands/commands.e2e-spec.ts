import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { SCHEMA_VERSIONS } from '../../src/demo/state-db/schema.js';
import { parseCurl, send } from '../support/curl.js';
import { smallHistory } from '../support/histories.js';
import { writeProfile } from '../support/profiles.js';
import { CliProcess, runCli } from '../support/process.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder } from '../support/server.js';
import { strangeHistory } from '../support/strange.js';
import { TEST_KEY } from '../support/test-key.js';

const KEY = { API_SERVER_KEY: TEST_KEY };

describe('hermes-sessions', () => {
  it('--help names the commands, --version the version', async () => {
    const help = await runCli(['--help']);
    expect(help.code).toBe(0);
    for (const command of ['serve', 'demo', 'doctor']) expect(help.stdout).toContain(command);
    expect(await runCli(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  it('refuses what it does not know', async () => {
    const { code, stderr } = await runCli(['serv']);
    expect(code).toBe(1);
    expect(stderr).toContain('unknown command serv (');
    expect((await runCli(['serve', '--prot', '1'])).code).toBe(1);
  });
});

/** An environment in which SQLite's driver cannot be loaded, for which Node gives this reason. */
function withoutDriver(code: string): Readonly<Record<string, string>> {
  const loading = `process.dlopen = () => { throw Object.assign(new Error('It cannot be loaded.'), { code: '${code}' }); };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(loading)}` };
}

describe.each([
  ['no binary', 'MODULE_NOT_FOUND'],
  ["another Node's binary", 'ERR_DLOPEN_FAILED'],
])('with %s of the driver', (_case, code) => {
  it.each(['demo', 'doctor', 'serve', 'export'])('%s says what to install', async (command) => {
    const outcome = await runCli([command], {
      ...KEY,
      ...withoutDriver(code),
      STATE_DB: smallHistory(25),
    });
    expect(outcome.code).toBe(1);
    expect(`${outcome.stdout}${outcome.stderr}`).toContain(
      'Install hermes-sessions again, by this Node.js and with --allow-scripts=better-sqlite3',
    );
    expect(outcome.stderr).not.toContain('    at ');
  });
});

describe('complete', () => {
  it('gives bash what does nothing with a line but to read it', async () => {
    const folder = temporaryFolder();
    const { stdout } = await runCli(['complete', 'bash']);
    writeFileSync(join(folder, 'completion.bash'), stdout);
    writeFileSync(join(folder, 'kept'), 'What was there');
    const cli = resolve(ROOT, 'dist/cli.js');
    const complete = (...words: readonly string[]): string => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const script = `source completion.bash
        hermes-sessions() { '${process.execPath}' '${cli}' "$@"; }
        COMP_WORDS=(hermes-sessions ${line}); COMP_CWORD=${words.length}
        _hermes_sessions_complete; echo "\${COMPREPLY[*]}"`;
      return execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).trim();
    };
    expect(complete('ex')).toBe('export');
    expect(complete('export', '--for')).toBe('--format');
    complete('export', '>', 'kept', '--for');
    complete('export', '>', 'kept', '');
    complete('export', '$(touch made)', '--for');
    expect(readdirSync(folder).sort()).toEqual(['completion.bash', 'kept']);
    expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('What was there');
  });

  it.each(['bash', 'zsh', 'fish'])('prints what %s reads', async (shell) => {
    const { code, stdout } = await runCli(['complete', shell]);
    expect(code).toBe(0);
    expect(stdout).toContain('hermes-sessions complete -- ');
    if (shell === 'bash') execFileSync('bash', ['-n'], { input: stdout });
  });

  it.each([
    [['exp'], ['export']],
    [['serve', '--po'], ['--port']],
    [
      ['keys', ''],
      ['create', 'list', 'revoke', 'help'],
    ],
  ])('completes %j to %j', async (words, completed) => {
    const { code, stdout } = await runCli(['complete', '--', ...words]);
    expect(code).toBe(0);
    expect([...stdout.matchAll(/^([\w-]+)\t/gm)].map(([, word]) => word)).toEqual(completed);
  });
});

describe('serve', () => {
  const file = (content: string | Buffer): string => {
    const path = join(temporaryFolder(), 'state.db');
    writeFileSync(path, content);
    return path;
  };
  const foreign = (): string => {
    const path = join(temporaryFolder(), 'state.db');
    new Sqlite(path).exec('CREATE TABLE recipes (id)').close();
    return path;
  };

  it.each<[string, () => string, RegExp]>([
    ['a missing file', () => join(temporaryFolder(), 'state.db'), /^There is no file at .*state\.db\./],
    ['an empty file', () => file(''), /is empty\. Start Hermes once/],
    ['a file that is no database', () => file('x'.repeat(5000)), /is not a SQLite database\./],
    ['a database that is no history', foreign, /not a Hermes history/],
    ['a folder', temporaryFolder, /is not a file/],
  ])('says in one sentence that it cannot serve %s, and exits with 1', async (_name, make, sentence) => {
    const { code, stdout, stderr } = await runCli([], { STATE_DB: make(), PORT: '0', ...KEY });
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
  });

  it('lists everything that is wrong with the settings at once, without repeating a key', async () => {
    const { code, stderr } = await runCli(['serve'], {
      STATE_DB: smallHistory(25),
      API_SERVER_KEY: 'too-short',
      PORT: '70000',
      LOG_LEVEL: 'loud',
      BASE_PATH: 'no-slash',
      CORS_ORIGINS: 'example.com',
      DOCS: 'perhaps',
      CONSOLE: 'sometimes',
      OIDC_CONSOLE_CLIENT_ID: 'hermes-console',
      TRUST_PROXY: 'somebody',
    });
    expect(code).toBe(1);
    for (const name of [
      'API_SERVER_KEY',
      'PORT',
      'LOG_LEVEL',
      'BASE_PATH',
      'CORS_ORIGINS',
      'DOCS',
      'CONSOLE',
      'OIDC_CONSOLE_CLIENT_ID',
      'TRUST_PROXY',
    ])
      expect(stderr).toContain(name);
    expect(stderr.trim().split('\n')).toHaveLength(9);
    expect(stderr).not.toContain('too-short');
  });

  it('does not start without a key, and says how to make one', async () => {
    const { code, stderr } = await runCli([], { STATE_DB: smallHistory(25) });
    expect(code).toBe(1);
    expect(stderr).toContain('API_SERVER_KEY');
    expect(stderr).toMatch(/openssl|node -/);
  });

  it.each([
    [{ PORT: '0', HOST: '192.0.2.1' }, /192\.0\.2\.1 is not an address of this machine\. .*--host/],
    [
      { PORT: '0', HOST: 'no-such-host.invalid' },
      /no-such-host\.invalid is not an address of this machine\./,
    ],
  ])('says what to do where it cannot listen with %j', async (address, sentence) => {
    const { code, stderr } = await runCli([], { STATE_DB: smallHistory(25), ...address, ...KEY });
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });

  it('says that the port is taken, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runCli([], { STATE_DB: smallHistory(25), PORT: String(port), ...KEY });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} on 127.0.0.1 is already in use.`);
    expect(stderr).toContain('--port');
  });

  it('reads .env, serves HERMES_HOME, and stops with 0 on SIGTERM', async () => {
    const path = smallHistory(25);
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), `API_SERVER_KEY=${TEST_KEY}\nPORT=0\nHERMES_HOME=${dirname(path)}\n`);
    const server = new CliProcess([], {}, { cwd: folder });
    const [, url] = await server.printed(/"url":"(http:[^"]+)"/);
    const answer = await fetch(`${url ?? ''}/v1/sessions?limit=1`, {
      headers: { authorization: `Bearer ${TEST_KEY}` },
    });
    expect(answer.status).toBe(200);
    server.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain(TEST_KEY);
    for (const line of stdout.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it.each([
    ['127.0.0.1', 'false', false],
    ['0.0.0.0', 'false', true],
    ['0.0.0.0', '10.0.0.0/8', false],
  ])('HOST=%s with TRUST_PROXY=%s: a warning is %s', async (host, trusted, warned) => {
    const settings = { STATE_DB: smallHistory(25), PORT: '0', HOST: host, TRUST_PROXY: trusted, ...KEY };
    const server = new CliProcess(['serve'], settings);
    await server.printed(/"msg":"listening"/);
    server.kill('SIGTERM');
    expect((await server.ended).stdout.includes('without TLS')).toBe(warned);
  });

  it('takes the place of the history from the command line', async () => {
    const server = new CliProcess(['serve', '--state-db', smallHistory(16), '--port', '0'], KEY);
    const [, url] = await server.printed(/"url":"(http:[^"]+)"/);
    const health = await fetch(`${url ?? ''}/health/detailed`, {
      headers: { authorization: `Bearer ${TEST_KEY}` },
    });
    expect(await health.json()).toMatchObject({ store: { schema_version: 16 } });
    server.kill('SIGINT');
    expect((await server.ended).code).toBe(0);
  });
});

describe('demo', () => {
  it('prints a key, the docs page and curl lines that answer, and cleans up behind itself', async () => {
    const folder = temporaryFolder();
    const demo = new CliProcess(['demo', '--port', '0'], { TMPDIR: folder });
    const [output] = await demo.printed(/[\s\S]*Ctrl\+C[^\n]*\.\n/);
    const commands = output.match(/^ +curl .*$/gm) ?? [];
    expect(commands).toHaveLength(3);
    for (const command of commands) {
      const answer = await send(parseCurl(command.trim()));
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toContain('"total":0');
    }
    const [, docs] = /Docs: +(\S+)/.exec(output) ?? [];
    expect((await fetch(docs ?? '')).status).toBe(200);
    const [, url = '', key = '', id = ''] = /export URL=(\S+) KEY=(\S+) ID=(\S+)/.exec(output) ?? [];
    const [, code] = new RegExp(`Console: +${url}/console/#sign-in=(\\S+)`).exec(output) ?? [];
    const signIn = await fetch(`${url}/v1/sign-in/link`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hermes-sessions-page': '1' },
      body: JSON.stringify({ code }),
    });
    expect(await signIn.json()).toMatchObject({ signed_in: true });
    const tip = await fetch(`${url}/v1/sessions/${id}`, { headers: { Authorization: `Bearer ${key}` } });
    expect(await tip.json()).toMatchObject({ id: '20260516_185535_f9a54e', chain_length: 3 });
    const [, stateDb = ''] = /export STATE_DB=(\S+)/.exec(output) ?? [];
    expect(dirname(dirname(stateDb))).toBe(folder);
    demo.kill('SIGINT');
    expect((await demo.ended).code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('doctor', () => {
  it.each([
    ['/dev/null/index', 'Nothing can be written to INDEX_DIR'],
    // A file system without room.
    ['/proc/index', 'The disk of INDEX_DIR has only 0.0 MiB left'],
  ])('says what keeps the index out of %s', async (folder, said) => {
    const { code, stdout } = await runCli(['doctor'], { STATE_DB: smallHistory(25), INDEX_DIR: folder });
    expect([code, stdout]).toEqual([0, expect.stringContaining(said)]);
    expect(stdout).toContain(folder);
  });

  it.each(SCHEMA_VERSIONS)('says what it finds in schema version %d and changes nothing', async (version) => {
    const path = smallHistory(version, 'delete');
    const before = statSync(path);
    const { code, stdout } = await runCli(['doctor'], { STATE_DB: path });
    expect(code).toBe(0);
    expect(stdout).toContain(`Schema version ${version}`);
    expect(stdout).toContain('13 sessions, 18 messages');
    expect(stdout.includes('PATCH of pinned answers 409')).toBe(version < 25);
    expect(statSync(path).mtimeMs).toBe(before.mtimeMs);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it('says that a version is newer than those it knows, and only then', async () => {
    const { stdout } = await runCli(['doctor'], { STATE_DB: strangeHistory() });
    expect(stdout).toMatch(/Schema version 99/);
    expect(stdout).toMatch(/Checked versions are 6 to 31/);
    expect((await runCli(['doctor'], { STATE_DB: smallHistory(31) })).stdout).not.toMatch(/Checked versions/);
  });

  it.each([
    [
      'is damaged',
      'UPDATE messages_fts_data SET block = zeroblob(length(block)) WHERE id > 10',
      'is damaged',
    ],
    ['nothing adds to', 'DROP TRIGGER messages_fts_insert', 'without a trigger for INSERT'],
  ])('tells of a full-text index that %s', async (_what, change, told) => {
    const path = smallHistory(25);
    const db = new Sqlite(path);
    db.unsafeMode(true);
    db.exec(change);
    db.close();
    const { code, stdout } = await runCli(['doctor'], { STATE_DB: path });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`WARNING.*Full-text index ${told}.*'rebuild'`));
    expect(stdout).toContain('Trigram index found.');
  });

  it('names the tokenizer that deletes need', async () => {
    const path = smallHistory(25);
    const db = new Sqlite(path);
    db.exec(
      'CREATE TRIGGER messages_fts_cjk_delete AFTER DELETE ON messages BEGIN DELETE FROM messages_fts_cjk WHERE rowid = old.id; END',
    );
    db.close();
    const { stdout } = await runCli(['doctor'], { STATE_DB: path });
    expect(stdout).toContain('HERMES_FTS5_CJK_SO');
  });

  it.each([
    ['sessions:\n  state_backend: postgres\n', true],
    ['sessiondb: { provider: PostgreSQL }\n', true],
    ['database:\n  backend: "postgres"\n', true],
    ['database:\n  backend: sqlite\nmodel: gpt\n', false],
    ['database: [postgres\n', false],
  ])('says whether the file stands still by a configuration of %j', async (configuration, isStill) => {
    const path = smallHistory(25);
    writeFileSync(join(dirname(path), 'config.yaml'), configuration);
    const { code, stdout } = await runCli(['doctor'], { STATE_DB: path });
    expect(code).toBe(0);
    expect(/WARNING +Hermes keeps its history in PostgreSQL .*state\.db stands still/.test(stdout)).toBe(
      isStill,
    );
  });

  it('looks at the history of every profile', async () => {
    const home = temporaryFolder();
    writeProfile(home, { a: 1 });
    writeProfile(join(home, 'profiles', 'work'), { b: 2, c: 3 });
    const whole = await runCli(['doctor', '--hermes-home', home]);
    expect(whole.code).toBe(0);
    expect(whole.stdout).toContain('1 sessions, 1 messages');
    expect(whole.stdout).toContain('2 sessions, 2 messages');
    writeFileSync(join(home, 'profiles', 'work', 'state.db'), 'x'.repeat(5000));
    const broken = await runCli(['doctor', '--hermes-home', home]);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('1 sessions, 1 messages');
    expect(broken.stderr).toMatch(/work\/state\.db is not a SQLite database\./);
  });

  it('looks at the folder that it is told, whichever history the environment names', async () => {
    const home = temporaryFolder();
    writeProfile(home, { a: 1 });
    const { stdout } = await runCli(['doctor', '--hermes-home', home], { STATE_DB: smallHistory(25) });
    expect(stdout).toContain(join(home, 'state.db'));
    expect(stdout).toContain('1 sessions, 1 messages');
  });

  it('says in one sentence why a file cannot be served, and exits with 1', async () => {
    const home = join(tmpdir(), 'no-such-hermes-home');
    const { code, stderr } = await runCli(['doctor', '--hermes-home', home]);
    expect(code).toBe(1);
    expect(stderr).toContain('There is no file at');
  });
});
