import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { isReady, READS, restore, served, servers, stopAll, titleOf, writeAt } from '../support/faults.js';
import { freePort } from '../support/free-port.js';
import { smallHistory, withManySessions } from '../support/histories.js';
import { CliProcess, runCli } from '../support/process.js';
import { ServedHistory } from '../support/served.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

afterEach(stopAll);

const isOk = ({ ok }: Response): boolean => ok;

describe('a history that may not be reached', () => {
  it('is unavailable until it may', async () => {
    const path = smallHistory(25);
    const folder = dirname(path);
    // Root may reach everything, so the server runs as somebody else then.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    if (uid !== undefined) for (const name of [folder, path]) chownSync(name, uid, uid);
    const server = await served(path, { uid });
    chmodSync(folder, 0o000);
    for (const read of READS) {
      const response = await server.get(read);
      expect([response.status, await response.json()]).toMatchObject([
        503,
        { error: { code: 'store_unavailable' } },
      ]);
    }
    chmodSync(folder, 0o700);
    await isReady(server);
    expect(await titleOf(server, 'plain')).toBe('Garden irrigation');
    // A backup that was restored by another user.
    restore(path, smallHistory(25, 'wal'), 'Not readable');
    chmodSync(path, 0o000);
    expect((await server.get('/v1/sessions/plain')).status).toBe(503);
    chmodSync(path, 0o600);
    if (uid !== undefined) chownSync(path, uid, uid);
    await isReady(server);
    expect(await titleOf(server, 'plain')).toBe('Not readable');
  });
});

describe('a folder that is mounted to be read alone', () => {
  it('is named by doctor, with what to do', async () => {
    const path = smallHistory(25);
    const folder = dirname(path);
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    if (uid !== undefined) for (const name of [folder, path]) chownSync(name, uid, uid);
    chmodSync(path, 0o400);
    chmodSync(folder, 0o500);
    const doctor = new CliProcess(['doctor'], { STATE_DB: path }, { uid, cwd: '/' });
    const { code, stderr } = await doctor.ended;
    chmodSync(folder, 0o700);
    expect(code).toBe(1);
    expect(stderr).toContain(`to write to its folder ${folder}`);
    expect(stderr).toContain('PRAGMA journal_mode = DELETE');
  });
});

describe.each([
  ['a file', 0o400, 0o700],
  ['a folder', 0o600, 0o500],
])('a history in %s that may not be written to', (_what, ofFile, ofFolder) => {
  it('is what doctor and the capabilities say, and a change meets', async () => {
    const path = smallHistory(25, 'delete');
    const folder = dirname(path);
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    if (uid !== undefined) for (const name of [folder, path]) chownSync(name, uid, uid);
    const whole = await new CliProcess(['doctor'], { STATE_DB: path }, { uid, cwd: '/' }).ended;
    chmodSync(path, ofFile);
    chmodSync(folder, ofFolder);
    const doctor = await new CliProcess(['doctor'], { STATE_DB: path }, { uid, cwd: '/' }).ended;
    const server = await served(path, { uid });
    const capabilities = await (await server.get('/v1/capabilities')).json();
    const { status } = await server.request('PATCH', '/v1/sessions/plain', { title: 'Another' });
    chmodSync(folder, 0o700);
    expect([whole.code, doctor.code, status]).toEqual([0, 0, 503]);
    expect(whole.stdout).not.toContain('Nothing can be changed');
    expect(doctor.stdout).toMatch(/WARNING +Nothing can be changed: .*EACCES/);
    expect(capabilities).toMatchObject({ features: { sessions_rename: false, sessions_delete: false } });
  });
});

describe('a disk that is full', () => {
  async function fill(server: ServedHistory): Promise<Response> {
    for (let tries = 0; ; tries++) {
      const response = await server.request('PATCH', '/v1/sessions/plain', { title: `Try ${tries}` });
      if (response.status !== 200 || tries === 2000) return response;
    }
  }

  it('refuses changes, whole, and still shows what is there', async () => {
    const path = smallHistory(25, 'wal');
    // The file of shared memory beside the history has 32 KiB.
    const server = await served(path, { fileSizeLimit: 40 });
    const refused = await fill(server);
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { error: { code: 'store_unavailable' } },
    ]);
    expect((await server.request('DELETE', '/v1/sessions/plain')).status).toBe(503);
    for (const read of READS) expect([read, (await server.get(read)).status]).toEqual([read, 200]);
    const title = await titleOf(server, 'plain');
    expect(title).toMatch(/^Try \d+$/);
    await server.stop();
    servers.length = 0;
    const again = await served(path);
    expect(await titleOf(again, 'plain')).toBe(title);
    expect((await again.request('DELETE', '/v1/sessions/plain')).status).toBe(200);
  });

  it.each(['wal', 'delete'] as const)(
    'of its own in %s mode, too, and goes on when there is room',
    async (mode) => {
      const disk = temporaryFolder();
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', disk], { stdio: 'ignore' });
      } catch {
        process.stdout.write('skipped: a small disk cannot be mounted here (that takes root)\n');
        return;
      }
      try {
        const path = join(disk, 'state.db');
        copyFileSync(smallHistory(25, mode), path);
        const ballast = join(disk, 'ballast');
        const server = await served(path);
        try {
          execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1k'], { stdio: 'ignore' });
        } catch {
          // It ends when the disk is full.
        }
        const refused = await fill(server);
        expect([refused.status, await refused.json()]).toMatchObject([
          503,
          { error: { code: 'store_unavailable', message: expect.stringContaining('full') } },
        ]);
        for (const read of READS) expect([read, (await server.get(read)).status]).toEqual([read, 200]);
        rmSync(ballast);
        expect((await server.request('DELETE', '/v1/sessions/plain')).status).toBe(200);
        const db = new Sqlite(path);
        expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
        db.close();
        await server.stop();
        servers.length = 0;
      } finally {
        execFileSync('umount', ['-l', disk]);
      }
    },
  );
});

describe('a disk of the index that is full', () => {
  it.each([
    ['small', '1m', (): string => smallHistory(25)],
    ['large enough to be followed', '8m', (): string => withManySessions(smallHistory(25), 3000)],
  ])('keeps nobody from lists and searches of a history that is %s', async (_, size, history) => {
    const disk = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', disk], {
        stdio: 'ignore',
      });
    } catch {
      process.stdout.write('skipped: a small disk cannot be mounted here (that takes root)\n');
      return;
    }
    try {
      const path = history();
      const server = await ServedHistory.start(path, { INDEX_DIR: disk });
      servers.push(server);
      await isReady(server);
      try {
        execFileSync('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=1k'], { stdio: 'ignore' });
      } catch {
        // It ends when the disk is full.
      }
      const agent = new Sqlite(path);
      for (let turn = 0; turn < 10; turn++) {
        agent.prepare('UPDATE sessions SET model = ?').run(`model-${turn}`);
        const ofModel = await server.get(`/v1/sessions?archived=any&model=model-${turn}&limit=1`);
        expect([ofModel.status, ((await ofModel.json()) as { total: number }).total > 0]).toEqual([
          200,
          true,
        ]);
        const title = `Title ${turn}`;
        expect((await server.request('PATCH', '/v1/sessions/plain', { title })).status).toBe(200);
        const found = await server.get(`/v1/sessions?title=${encodeURIComponent(title)}`);
        expect([found.status, await found.json()]).toMatchObject([200, { total: 1 }]);
        expect((await server.get('/readyz')).status).toBe(200);
      }
      agent.close();
      expect(server.process.soFar).toContain('The index cannot be kept in');
      await server.stop();
      servers.length = 0;
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});

describe('a log that cannot be written', () => {
  it('keeps nobody from being answered, nor the server from its end', async () => {
    const port = await freePort();
    const server = new CliProcess(
      ['serve'],
      { STATE_DB: smallHistory(25), API_SERVER_KEY: TEST_KEY, PORT: String(port), LOG_LEVEL: 'info' },
      { through: ['/bin/bash', '-c', 'exec "$@" > /dev/full', 'bash'] },
    );
    const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
    await until(() => ask('/livez').then(isOk, () => server.soFar !== ''), 'The server');
    for (let times = 0; times < 20; times++)
      expect([server.soFar, (await ask('/readyz')).status]).toEqual(['', 200]);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('doctor', () => {
  it.each(['idx_messages_session', 'sessions'])(
    'names a damage of %s when it looks deep, and exits with 1',
    async (name) => {
      const path = smallHistory(25, 'delete');
      const db = new Sqlite(path);
      const page = Number(db.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').pluck().get(name));
      db.close();
      expect(await runCli(['doctor', '--deep'], { STATE_DB: path })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Every page of the file is whole.'),
      });
      writeAt(path, [(page - 1) * 4096]);
      const { code, stdout, stderr } = await runCli(['doctor', '--deep'], { STATE_DB: path });
      expect([code, `${stdout}${stderr}`]).toEqual([1, expect.stringMatching(/damaged/)]);
    },
  );

  it('names transcript files that no session has any more', async () => {
    const path = smallHistory(25);
    const folder = join(dirname(path), 'sessions');
    mkdirSync(folder);
    for (const name of [
      'plain.json',
      'gone.jsonl',
      'request_dump_plain_1.json',
      'request_dump_gone_1.json',
      'notes.txt',
    ])
      writeFileSync(join(folder, name), '');
    const { code, stdout } = await runCli(['doctor'], { STATE_DB: path });
    expect(code).toBe(0);
    expect(stdout).toMatch(/WARNING .*2 transcript files .*gone\.jsonl, request_dump_gone_1\.json/);
  });
});
