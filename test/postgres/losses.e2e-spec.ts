import { copyFileSync, existsSync, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { runSql } from '../support/database.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { CliProcess, type Outcome } from '../support/process.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';
import { TEST_ORIGIN } from '../support/shipped.js';
import { until } from '../support/wait.js';

const FILLERS = 100;

describe('sessions that a host has no more', () => {
  let path: string;
  let url: string;
  let host: ShippedHost;

  const ship = (...args: readonly string[]): Promise<Outcome> =>
    new CliProcess(
      ['ship', '--origin', TEST_ORIGIN, ...args],
      { STATE_DB: path, DATABASE_URL: url, LOG_LEVEL: 'warn' },
      { cwd: temporaryFolder() },
    ).ended;
  const atHost = (...statements: readonly string[]): void => {
    const writer = HistoryWriter.open(path);
    for (const sql of statements) writer.db.exec(sql);
    writer.close();
  };
  const remove = (condition: string): string =>
    `BEGIN; DELETE FROM messages WHERE session_id IN (SELECT id FROM sessions WHERE ${condition});
      DELETE FROM sessions WHERE ${condition}; COMMIT`;
  const fillers = (from: number, to: number): string => {
    const ids = Array.from({ length: to - from }, (_, at) => `'filler-${from + at}'`);
    return `id IN (${ids.join(', ')})`;
  };
  const hasCentrally = async (id: string): Promise<boolean> =>
    (await runSql(url, 'SELECT 1 AS one FROM sessions WHERE id = $1', [id])).length === 1;
  const addSession = (id: string, file = path): void => {
    const writer = HistoryWriter.open(file);
    writer.addSession({ id, source: 'cli', started_at: hour(70), title: id });
    say(writer, id, 'user', `Hello from ${id}`, hour(70));
    writer.close();
  };
  let all: number;

  beforeEach(async () => {
    host = await ShippedHost.start(withManySessions(smallHistory(25), FILLERS));
    ({ path, url } = host);
    all = (await host.sent()).sessions;
    expect(all).toBeGreaterThan(FILLERS);
  });

  afterEach(() => host.offline());

  describe.each(['while it is followed', 'while nobody looks'] as const)('%s', (when) => {
    const happens = async (what: () => void): Promise<void> => {
      const isFollowed = when === 'while it is followed';
      if (!isFollowed) await host.offline();
      what();
      await (isFollowed ? host.settled() : host.online());
    };

    it('stay where the file was emptied, and what is new arrives', async () => {
      await happens(() => {
        atHost(remove('1'));
      });
      expect(await host.sent()).toEqual({ sessions: all, held: all });
      addSession('fresh');
      await host.settled();
      expect(await host.sent()).toEqual({ sessions: all + 1, held: all });
    });

    it('stay where another history lies in its place, which arrives as well', async () => {
      const other = smallHistory(25);
      atHost(`UPDATE sessions SET title = NULL`);
      const writer = HistoryWriter.open(other);
      writer.db.exec(
        "UPDATE messages SET session_id = 'other-' || session_id; UPDATE sessions SET id = 'other-' || id, parent_session_id = NULL",
      );
      writer.close();
      await happens(() => {
        host.replaceBy(other);
      });
      await until(() => hasCentrally('other-plain'));
      expect(await host.sent()).toMatchObject({ held: all });
      expect(await hasCentrally('plain')).toBe(true);
    });

    it('stay where an older backup lies in its place, however few they are', async () => {
      const backup = host.backUp();
      addSession('newer-1');
      addSession('newer-2');
      await host.settled();
      await happens(() => {
        host.replaceBy(backup);
        addSession('since-the-backup');
      });
      await until(async () => (await host.sent()).held === 2 && (await hasCentrally('since-the-backup')));
      expect(await host.sent()).toEqual({ sessions: all + 3, held: 2 });
    });

    it('stay where 15 % went at once', async () => {
      await happens(() => {
        atHost(remove(fillers(0, 17)), remove(fillers(17, 30)));
      });
      const { sessions, held } = await host.sent();
      expect(sessions).toBe(all);
      expect(held).toBe(30);
    });

    it('go where two went', async () => {
      await happens(() => {
        atHost(remove(fillers(0, 2)));
      });
      expect(await host.sent()).toEqual({ sessions: all - 2, held: 0 });
    });
  });

  it('stay where the file was set back by writing an older one over it', async () => {
    const backup = host.backUp();
    addSession('newer');
    await host.settled();
    await host.offline();
    for (const suffix of ['-wal', '-shm']) if (existsSync(path + suffix)) rmSync(path + suffix);
    copyFileSync(backup, path);
    await host.online();
    expect(await host.sent()).toEqual({ sessions: all + 1, held: 1 });
  });

  it('go one after the other, but not so many within a day', async () => {
    for (let at = 0; at < 20; at += 5) {
      atHost(remove(fillers(at, at + 5)));
      await host.settled();
    }
    expect(await host.sent()).toEqual({ sessions: all - 20, held: 0 });
    for (let at = 20; at < 30; at += 5) {
      atHost(remove(fillers(at, at + 5)));
      await host.settled();
    }
    expect(await host.sent()).toEqual({ sessions: all - 20, held: 10 });
  });

  it('go, however many, where they were deleted in the database', async () => {
    const server = await TestServer.onDatabase(url);
    const ids = Array.from({ length: FILLERS }, (_, number) => `filler-${number}`);
    expect((await server.post('/v1/sessions/bulk', { action: 'delete', ids })).status).toBe(200);
    await host.settled();
    await until(async () => {
      const [row] = await runSql(
        url,
        "SELECT count(*)::int AS waiting FROM commands WHERE state = 'pending'",
      );
      return row?.waiting === 0;
    });
    await host.offline();
    await host.online();
    expect(await host.sent()).toEqual({ sessions: all - FILLERS, held: 0 });
    await server.close();
  });

  it('stay however often the shipper starts, and although the file shows nothing of it by then', async () => {
    const backup = host.backUp();
    addSession('newer');
    await host.settled();
    host.replaceBy(backup);
    await until(async () => (await host.sent()).held === 1);
    for (let starts = 0; starts < 2; starts++) {
      await host.offline();
      for (let more = 0; more < 5; more++) addSession(`later-${starts}-${more}`);
      await runSql(url, 'UPDATE histories SET file_id = NULL');
      await host.online();
      expect(await host.sent()).toMatchObject({ held: 1 });
    }
    expect(await hasCentrally('newer')).toBe(true);
  });

  it('stay where they are changed in the database meanwhile, and are changed once the right file is back', async () => {
    const server = await TestServer.onDatabase(url);
    const backup = host.backUp();
    atHost(remove('1'));
    await host.settled();
    expect((await server.patch('/v1/sessions/filler-3', { pinned: true })).status).toBe(200);
    expect((await server.patch('/v1/sessions/chain-2', { title: 'Keep these' })).status).toBe(200);
    expect((await server.delete('/v1/sessions/filler-5')).status).toBe(200);
    await host.settled();
    await host.offline();
    await host.online();
    expect(await host.sent()).toEqual({ sessions: all - 1, held: all - 1 });
    const states = async (): Promise<unknown> => runSql(url, 'SELECT DISTINCT state FROM commands');
    expect(await states()).toEqual([{ state: 'pending' }]);
    host.replaceBy(backup);
    await until(async () => (await host.sent()).held === 0);
    await host.settled();
    expect(await states()).toEqual([{ state: 'applied' }]);
    const db = new Sqlite(path, { readonly: true });
    const atTheHost = db.prepare(
      "SELECT id, title, pinned FROM sessions WHERE id IN ('filler-3', 'filler-5', 'chain-2') ORDER BY id",
    );
    expect(atTheHost.all()).toEqual([
      { id: 'chain-2', title: 'Keep these', pinned: 0 },
      { id: 'filler-3', title: null, pinned: 1 },
    ]);
    db.close();
    await server.close();
  });

  it('stay where those of the file that is there now go as well, all at once', async () => {
    atHost(remove('1'));
    await host.settled();
    for (let n = 0; n < 20; n++) addSession(`new-${n}`);
    await host.settled();
    atHost(remove("id = 'new-0'"));
    await host.settled();
    expect(await host.sent()).toEqual({ sessions: all + 19, held: all });
    atHost(remove('1'));
    await host.settled();
    expect(await host.sent()).toEqual({ sessions: all + 19, held: all + 19 });
  });

  it('are counted over a day, however often the shipper starts', async () => {
    for (let at = 0; at < 60; at += 15) {
      await host.offline();
      atHost(remove(fillers(at, at + 15)));
      await host.online();
    }
    expect(await host.sent()).toEqual({ sessions: all - 15, held: 45 });
  });

  it('go, a few of them each day', async () => {
    for (let at = 0; at < 60; at += 15) {
      await runSql(url, "UPDATE removals SET removed_at = removed_at - interval '1 day'");
      atHost(remove(fillers(at, at + 15)));
      await host.settled();
    }
    expect(await host.sent()).toEqual({ sessions: all - 60, held: 0 });
    expect(await runSql(url, 'SELECT sessions::int FROM removals')).toEqual([{ sessions: 15 }]);
  });

  it('are held back no more once they are there again', async () => {
    const backup = host.backUp();
    atHost(remove('1'));
    await host.settled();
    expect(await host.sent()).toEqual({ sessions: all, held: all });
    host.replaceBy(backup);
    await until(async () => (await host.sent()).held === 0);
    expect((await host.sent()).sessions).toBe(all);
  });

  describe('and that are held back', () => {
    beforeEach(async () => {
      atHost(remove(fillers(0, 50)));
      await host.settled();
      expect(await host.sent()).toEqual({ sessions: all, held: 50 });
    });

    it('go within seconds when somebody accepts it, and nothing else does', async () => {
      expect(await ship('--accept-loss')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('50 sessions'),
        stderr: '',
      });
      await until(async () => (await host.sent()).held === 0);
      await host.settled();
      expect(await host.sent()).toEqual({ sessions: all - 50, held: 0 });
      // Accepted once is not accepted for ever.
      atHost(remove(fillers(50, 90)));
      await host.settled();
      expect(await host.sent()).toEqual({ sessions: all - 50, held: 40 });
    });

    it('go with the next run where nobody follows', async () => {
      await host.offline();
      expect(await ship('--once', '--accept-loss')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('50 sessions'),
      });
      expect(await host.sent()).toEqual({ sessions: all - 50, held: 0 });
    });

    it('stay where more are missing by the time than were accepted', async () => {
      await host.offline();
      expect((await ship('--accept-loss')).code).toBe(0);
      atHost(remove(fillers(50, 51)));
      await host.online();
      expect(await host.sent()).toEqual({ sessions: all, held: 51 });
    });

    it('stay where others are missing by the time than were accepted, as many as they may be', async () => {
      await host.offline();
      expect((await ship('--accept-loss')).code).toBe(0);
      const writer = HistoryWriter.open(path);
      for (let at = 0; at < 5; at++)
        writer.addSession({ id: `filler-${at}`, source: 'filler', started_at: hour(-2000 + at) });
      writer.close();
      atHost(remove(fillers(50, 53)));
      await host.online();
      expect(await host.sent()).toEqual({ sessions: all, held: 53 });
    });

    it('stay where the run that accepts them finds that more are missing', async () => {
      await host.offline();
      atHost(remove('1'));
      const { code, stdout } = await ship('--once', '--accept-loss');
      expect(code).toBe(0);
      expect(stdout).toContain('default: the 50 sessions');
      expect(await host.sent()).toEqual({ sessions: all, held: all });
      // By now they were shown.
      expect((await ship('--once', '--accept-loss')).stdout).toContain(`default: the ${all} sessions`);
      expect(await host.sent()).toEqual({ sessions: 0, held: 0 });
    });

    it('stay where they were accepted long before a shipper hears of it', async () => {
      await host.offline();
      expect((await ship('--accept-loss')).code).toBe(0);
      await runSql(url, "UPDATE histories SET accepted_at = now() - interval '25 hours'");
      await host.online();
      expect(await host.sent()).toEqual({ sessions: all, held: 50 });
      // Nor is everything compared again and again because of it.
      const compared = await runSql(url, 'SELECT compared_at FROM histories');
      await host.settled();
      await host.settled();
      expect(await runSql(url, 'SELECT compared_at FROM histories')).toEqual(compared);
    });

    it('are told in metrics', async () => {
      const server = await TestServer.onDatabase(url, { METRICS: 'public' });
      const { text } = await server.get('/metrics').buffer(true);
      const labels = `{profile="default",origin="${TEST_ORIGIN}"}`;
      expect(text).toContain(`hermes_sessions_held_sessions${labels} 50\n`);
      const [, seconds] = /^hermes_sessions_history_compared_seconds\{.*\} ([\d.e-]+)$/m.exec(text) ?? [];
      expect(Number(seconds)).toBeGreaterThan(0);
      expect(Number(seconds)).toBeLessThan(300);
      await server.close();
    });

    it('are told by doctor, with who sends the history', async () => {
      const { code, stdout } = await new CliProcess(
        ['doctor'],
        { STATE_DB: path, DATABASE_URL: url, ORIGIN: TEST_ORIGIN },
        { cwd: temporaryFolder() },
      ).ended;
      expect(code).toBe(0);
      expect(stdout).toMatch(/WARNING +50 sessions of default of test-host .*--accept-loss/);
      expect(stdout).toContain(`default of test-host is sent to the database by`);
      expect(stdout).toMatch(/ok +default of test-host was compared with the database \d+ seconds ago/);
    });

    it('are told in the log, with what to do', async () => {
      await host.offline();
      const { code, stdout, stderr } = await ship('--once');
      expect(code).toBe(0);
      expect(stdout + stderr).toMatch(
        /default of test-host: 50 of \d+ sessions in the database are missing in the file.*--accept-loss/,
      );
    });
  });

  it('are nothing to accept where none is held back', async () => {
    expect(await ship('--accept-loss')).toEqual({
      ...{ code: 0, signal: null, stderr: '' },
      stdout: 'Nothing from test-host is held back.\n',
    });
  });

  it('are not the subject of doctor where the database cannot be reached', async () => {
    const { code, stdout } = await new CliProcess(
      ['doctor'],
      { STATE_DB: path, DATABASE_URL: 'postgres://a:b@127.0.0.1:9/x', ORIGIN: TEST_ORIGIN },
      { cwd: temporaryFolder() },
    ).ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/ERROR +The database cannot be reached at the moment/);
  });
});
