import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createKey, isExpired, readKeyFile, writeKeyFile } from '../../src/auth/key-file.js';
import { smallHistory } from '../support/histories.js';
import { keys } from '../support/keys.js';
import { serverWithLog } from '../support/log.js';
import { keyFileWith } from '../support/people.js';
import { CliProcess, runCli } from '../support/process.js';
import { ServedHistory } from '../support/served.js';
import { temporaryFolder } from '../support/server.js';
import { until } from '../support/wait.js';

/** A file with these fields in its only key, or beside its keys. */
function spoiltFile(
  key: Readonly<Record<string, unknown>>,
  file: Readonly<Record<string, unknown>> = {},
): { readonly path: string; readonly token: string } {
  const { record, token } = createKey({ name: 'ana', scopes: ['sessions:read'] }, new Date());
  const path = join(temporaryFolder(), 'keys.json');
  writeFileSync(path, JSON.stringify({ version: 1, keys: [{ ...record, ...key }], ...file }), {
    mode: 0o600,
  });
  return { path, token };
}

describe('a file of keys that is not right in everything', () => {
  it.each<[Record<string, unknown>, RegExp]>([
    [{ userid: 'ana' }, /the key ana: userid is not known here/],
    [{ toString: 'ana' }, /toString is not known here/],
    [{ 'user-id': 'ana' }, /the key ana: user-id is not known here/],
    [{ user_id: null }, /the key ana: user_id must be a text that is not empty/],
    [{ user_id: '' }, /the key ana: user_id must be a text/],
    [{ user_id: 7 }, /the key ana: user_id must be a text/],
    [{ platforms: 'telegram-private' }, /the key ana: platforms must be a list/],
    [{ platforms: null }, /the key ana: platforms must be a list/],
    [{ platforms: [] }, /the key ana: platforms must be a list/],
    [{ platforms: ['cli', 7] }, /the key ana: platforms must be a list/],
    [{ profiles: 'work-private' }, /the key ana: profiles must be a list/],
    [{ origins: [''] }, /the key ana: origins must be a list/],
    [{ scopes: 'sessions:read' }, /the key ana: scopes must be a list/],
    [{ scopes: [] }, /the key ana: scopes must be a list/],
    [{ scopes: ['everything'] }, /the key ana: scopes must be a list of sessions:read/],
    [{ expires_at: null }, /the key ana: expires_at must be an ISO 8601/],
    [{ expires_at: '2036-W10' }, /the key ana: expires_at must be an ISO 8601/],
    [{ expires_at: '2036-0101' }, /the key ana: expires_at must be an ISO 8601/],
    [{ expires_at: '2036-02-30' }, /the key ana: expires_at must be an ISO 8601/],
    [{ created_at: '2020-060' }, /the key ana: created_at must be an ISO 8601/],
    [{ name: 'no spaces' }, /key 1 of the list: name must be/],
    [{ hash: 'x' }, /the key ana: hash must be/],
  ])('is refused whole: %j', (fields, sentence) => {
    expect(() => readKeyFile(spoiltFile(fields).path)).toThrow(sentence);
  });

  const { record: one } = createKey({ name: 'one', scopes: ['metrics'] }, new Date());
  const { record: two } = createKey({ name: 'two', scopes: ['metrics'] }, new Date());

  it.each<[string, object, RegExp]>([
    ['another field', { default: {} }, /default is not known here/],
    ['another version', { version: 2 }, /version must be 1/],
    ['no list', { keys: { 0: one } }, /keys must be a list of objects/],
    ['null for a key', { keys: [null] }, /keys must be a list of objects/],
    ['a list for a key', { keys: [[]] }, /keys must be a list of objects/],
    [
      'one name twice',
      { keys: [one, { ...two, name: 'one' }] },
      /the key one: another key has the same name/,
    ],
    ['one id twice', { keys: [one, { ...two, id: one.id }] }, /the key two: another key has the same id/],
  ])('is refused with %s', (_what, file, sentence) => {
    const { path } = spoiltFile({}, { ...file });
    expect(() => readKeyFile(path)).toThrow(sentence);
  });

  it('is refused with a field that objects do not show', () => {
    const { path } = spoiltFile({});
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace('"name"', '"__proto__": {"user_id": "bo"}, "name"'),
    );
    expect(() => readKeyFile(path)).toThrow(/__proto__ is not known here/);
  });

  it('gives no rights, and says in the log and to the doctor what is wrong with which key', async () => {
    const { path, token } = spoiltFile({ userid: 'ana' });
    const stateDb = smallHistory(25);
    const { server, log } = await serverWithLog({ STATE_DB: stateDb, KEYS_FILE: path, LOG_LEVEL: 'warn' });
    const reason = expect.stringMatching(/the key ana: userid is not known here/);
    expect(log).toEqual([expect.objectContaining({ level: 'error', keys_file: path, reason })]);
    expect((await server.as(token).get('/v1/sessions')).status).toBe(401);
    expect(log).toHaveLength(1);
    writeFileSync(path, readFileSync(path, 'utf8').replace('userid', 'user_id'));
    await until(async () => (await server.as(token).get('/v1/sessions')).status === 200);
    // Nobody has to send a key for the log to tell what became of the file.
    writeFileSync(path, readFileSync(path, 'utf8').replace('user_id', 'users'));
    await until(() => log.length === 2);
    expect(log[1]).toMatchObject({ level: 'error', reason: expect.stringContaining('users is not known') });
    await server.close();
    const doctor = await runCli(['doctor'], { STATE_DB: stateDb, KEYS_FILE: path });
    expect([doctor.code, doctor.stdout]).toEqual([
      1,
      expect.stringContaining('the key ana: users is not known'),
    ]);
  });

  it('is told of at the start where it is right, too: where it is, and how many keys it has', async () => {
    const { path } = spoiltFile({});
    const stateDb = smallHistory(25);
    const { server, log } = await serverWithLog({ STATE_DB: stateDb, KEYS_FILE: path });
    expect(log).toContainEqual(expect.objectContaining({ level: 'info', keys_file: path, keys: 1 }));
    await server.close();
    const doctor = await runCli(['doctor'], { STATE_DB: stateDb, KEYS_FILE: path });
    expect([doctor.code, doctor.stdout]).toEqual([
      0,
      expect.stringContaining(`API_SERVER_KEY: 1, in ${path}`),
    ]);
  });

  it('is right with times in every form that is taken elsewhere, which end a key where they say', () => {
    const [key] = readKeyFile(spoiltFile({ expires_at: '20360101T120000+02' }).path);
    expect(key?.expires_at).toBe('20360101T120000+02');
    expect(key && isExpired(key, new Date('2036-01-01T09:59:59Z'))).toBe(false);
    expect(key && isExpired(key, new Date('2036-01-01T10:00:00Z'))).toBe(true);
  });

  it('that was accepted none the less has keys that have ended', () => {
    const { record } = createKey({ name: 'x', scopes: ['metrics'], expires_at: '2036-W10' }, new Date());
    expect(isExpired(record, new Date('2026-01-01'))).toBe(true);
    expect(isExpired({ ...record, expires_at: '2036-01-01' }, new Date('2026-01-01'))).toBe(false);
    expect(isExpired({ ...record, expires_at: '2026-01-01' }, new Date('2026-01-01'))).toBe(true);
  });
});

describe('who may reach a file of keys', () => {
  /** Only root can give files away. */
  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  const NOBODY = 65_534;

  it.each([
    ['may be written by others', 0o720],
    ['may be written by everybody', 0o707],
  ])('is refused where its folder %s, and no key is put there', async (_what, mode) => {
    const { path } = keyFileWith({});
    chmodSync(dirname(path), mode);
    expect(() => readKeyFile(path)).toThrow(/can be written by others, who could replace the keys/);
    const { code, stderr } = await keys(path, 'create', 'two', '--scope', 'sessions:read');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/chmod go-w/)]);
    expect(readdirSync(dirname(path))).toEqual(['keys.json']);
    chmodSync(dirname(path), 0o700);
  });

  asRoot('is refused where the file, or its folder, belongs to somebody else', () => {
    const { path } = keyFileWith({});
    chownSync(path, NOBODY, NOBODY);
    expect(() => readKeyFile(path)).toThrow(/belongs to the user 65534/);
    chownSync(path, 0, 0);
    chownSync(dirname(path), NOBODY, NOBODY);
    expect(() => readKeyFile(path)).toThrow(/belongs to the user 65534/);
  });

  it('is looked at where links lead, and where they lie', () => {
    const { path } = keyFileWith({});
    const link = join(temporaryFolder(), 'keys.json');
    symlinkSync(path, link);
    expect(readKeyFile(link)).toHaveLength(1);
    for (const folder of [dirname(path), dirname(link)]) {
      chmodSync(folder, 0o777);
      expect(() => readKeyFile(link)).toThrow(/can be written by others/);
      chmodSync(folder, 0o700);
    }
  });

  it('is told in the log, and answered with 401, where it cannot be reached', async () => {
    const { path, token } = keyFileWith({});
    const folder = temporaryFolder();
    // What a link to itself leads to cannot be told, whoever asks.
    const loop = join(folder, 'keys.json');
    symlinkSync(loop, loop);
    const { server, log } = await serverWithLog({
      STATE_DB: smallHistory(25),
      KEYS_FILE: loop,
      LOG_LEVEL: 'warn',
    });
    expect((await server.as(token).get('/v1/sessions')).status).toBe(401);
    expect((await server.get('/v1/sessions')).status).toBe(200);
    expect(log).toMatchObject([
      { level: 'error', reason: expect.stringContaining('cannot be read (ELOOP)') },
    ]);
    rmSync(loop);
    symlinkSync(path, loop);
    await until(async () => (await server.as(token).get('/v1/sessions')).status === 200);
    await server.close();
  });

  asRoot('is told and refused likewise where the folder lets nobody in', async () => {
    const { path, token } = keyFileWith({});
    const stateDb = smallHistory(25);
    for (const each of [dirname(stateDb), stateDb]) chownSync(each, NOBODY, NOBODY);
    const served = await ServedHistory.start(
      stateDb,
      { KEYS_FILE: path, LOG_LEVEL: 'info' },
      { uid: NOBODY },
    );
    const answer = await fetch(`${served.url}/v1/sessions`, {
      headers: { authorization: `Bearer ${token}` },
    });
    // It is stopped whatever it answered.
    await served.stop();
    expect(answer.status).toBe(401);
    const { stdout } = await served.process.ended;
    expect(stdout).toMatch(/"level":"error".*cannot be read \(EACCES\)/);
    expect(stdout).not.toContain('"msg":"failed"');
  });
});

describe('commands side by side', () => {
  /** So many that reading and writing takes long enough for commands to meet. */
  function manyKeys(): { readonly path: string; readonly names: readonly string[] } {
    const path = join(temporaryFolder(), 'keys.json');
    const made = Array.from({ length: 400 }, (_, at) =>
      createKey({ name: `old-${at}`, scopes: ['sessions:read'] }, new Date()),
    );
    writeKeyFile(
      path,
      made.map(({ record }) => record),
    );
    return { path, names: made.map(({ record }) => record.name) };
  }

  it('lose no key, and bring none back', async () => {
    const { path, names } = manyKeys();
    const created = Array.from({ length: 5 }, (_, at) => `new-${at}`);
    const revoked = names.slice(0, 5);
    const outcomes = await Promise.all([
      ...created.map((name) => keys(path, 'create', name, '--scope', 'sessions:read')),
      ...revoked.map((name) => keys(path, 'revoke', name)),
    ]);
    expect(outcomes.map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(outcomes.map(() => ''));
    const left = readKeyFile(path).map(({ name }) => name);
    expect([...left].sort()).toEqual([...names.slice(5), ...created].sort());
    expect(readdirSync(dirname(path)).sort()).toEqual(['keys.json', 'keys.json.lock']);
  });

  it('leave a link where it is, and write to what it leads to', async () => {
    const { path } = keyFileWith({ name: 'one' });
    const link = join(temporaryFolder(), 'keys.json');
    symlinkSync(path, link);
    expect((await keys(link, 'create', 'two', '--scope', 'sessions:read')).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readKeyFile(path).map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('make the file that a link leads to where it is missing', async () => {
    const folder = temporaryFolder();
    const link = join(folder, 'keys.json');
    symlinkSync('elsewhere.json', link);
    expect((await keys(link, 'create', 'one', '--scope', 'sessions:read')).code).toBe(0);
    expect(readKeyFile(join(folder, 'elsewhere.json'))).toHaveLength(1);
  });

  it('leave the file as it was on a full disk, and nothing beside it', async () => {
    const { path } = manyKeys();
    const before = readFileSync(path, 'utf8');
    const { code } = await new CliProcess(
      ['keys', 'create', 'new', '--scope', 'sessions:read'],
      { KEYS_FILE: path },
      { cwd: temporaryFolder(), fileSizeLimit: 8 },
    ).ended;
    expect(code).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(dirname(path)).sort()).toEqual(['keys.json', 'keys.json.lock']);
  });
});
