import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { smallHistory } from '../support/histories.js';
import { writeProfile } from '../support/profiles.js';
import { CliProcess, runCli } from '../support/process.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

const ENVIRONMENT = { API_SERVER_KEY: TEST_KEY, PORT: '0' };

describe.each(['serve', 'doctor', 'export', 'mcp'])('hermes-sessions %s', (command) => {
  it.each<[string, () => string, RegExp]>([
    // Nobody can enter it, root neither.
    [
      'that nobody can enter',
      folderOutOfReach,
      /state\.db cannot be reached \(ELOOP\)\. The user that runs this /,
    ],
    ['that is a file', file, /^There is no file at .*state\.db\. Set HERMES_HOME /],
    ['with too long a name', () => `/${'long'.repeat(100)}`, /state\.db cannot be reached \(ENAMETOOLONG\)/],
  ])('says in sentences that it cannot read a folder %s', async (_name, make, sentence) => {
    const { code, stdout, stderr } = await new CliProcess(
      [command],
      { ...ENVIRONMENT, HERMES_HOME: make() },
      { input: '' },
    ).ended;
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s/m);
    expect([code, stdout]).toEqual([1, '']);
  });
});

describe('doctor', () => {
  it('says that it cannot look into the folder of profiles', async () => {
    const home = temporaryFolder();
    writeProfile(home, { a: 1 });
    const profiles = join(home, 'profiles');
    symlinkSync(profiles, profiles);
    const { code, stdout, stderr } = await runCli(['doctor', '--home', home]);
    expect(stdout).toContain('1 sessions, 1 messages');
    expect(stderr).toBe(`${profiles} cannot be read (ELOOP): which profiles there are is not known.\n`);
    expect(code).toBe(1);
  });
});

describe('an export of everything', () => {
  it('says of a profile that cannot be read that it is not in it', async () => {
    const home = temporaryFolder();
    writeProfile(home, { a: 1 });
    writeProfile(join(home, 'profiles', 'coder'), { b: 2 });
    const closed = join(home, 'profiles', 'closed');
    symlinkSync(closed, closed);
    const all = await runCli(['export', '--home', home, '--out', '-']);
    expect(all.stdout.match(/"object":"hermes.session"/g)).toHaveLength(2);
    expect(all.stderr).toContain('These profiles cannot be read and are not included: closed.\n');
    const one = await runCli(['export', '--home', home, '--out', '-', '--profile', 'coder']);
    expect([all.code, one.code]).toEqual([1, 0]);
  });
});

describe('a history whose writer was killed in the middle of a change, without a write-ahead log', () => {
  it('is as it was before for whoever reads it, and looked at by doctor alone is left alone', async () => {
    const history = leftInTheMiddle();
    const looked = await runCli(['doctor', '--state-db', history]);
    expect(looked.stderr).toMatch(
      /^\S+ was left by a program that ended in the middle of a change: [^\n]*\n$/,
    );
    expect(looked.code).toBe(1);
    const taken = await runCli(['export', '--state-db', history]);
    expect(taken).toMatchObject({ code: 0, stdout: expect.stringContaining('"plain"') });
    expect(taken.stdout).not.toContain('a change that never was');
    expect((await runCli(['doctor', '--state-db', history])).code).toBe(0);
  });

  it.each([
    ['serve', /"msg":"listening"/],
    ['mcp', /"jsonrpc"/],
  ])('is served by %s', async (command, sign) => {
    const request = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const server = new CliProcess(
      [command, '--state-db', leftInTheMiddle()],
      ENVIRONMENT,
      command === 'mcp' ? { input: `${JSON.stringify(request)}\n` } : {},
    );
    await server.printed(sign);
    // Agents end theirs with its input.
    if (command === 'serve') server.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });
});

function folderOutOfReach(): string {
  const path = join(temporaryFolder(), 'hermes');
  symlinkSync(path, path);
  return path;
}

function file(): string {
  const path = join(temporaryFolder(), 'hermes');
  writeFileSync(path, '');
  return path;
}

/** What is on the disk while a change is under way that does not fit into memory. */
function leftInTheMiddle(): string {
  const whole = smallHistory(25);
  const left = join(temporaryFolder(), 'state.db');
  const writer = new Sqlite(whole);
  writer.exec(`PRAGMA journal_mode = DELETE; PRAGMA cache_size = 5; BEGIN IMMEDIATE;
    UPDATE sessions SET title = 'a change that never was' WHERE id = 'plain';
    CREATE TABLE more AS
      WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 500)
      SELECT randomblob(3000) FROM counted;`);
  for (const suffix of ['', '-journal']) copyFileSync(`${whole}${suffix}`, `${left}${suffix}`);
  writer.exec('ROLLBACK').close();
  return left;
}
