import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import {
  execute,
  hasAnsweredAll,
  isReady,
  READS,
  removeAll,
  restore,
  served,
  servers,
  stopAll,
  stopped,
  titleOf,
  writeAt,
  type JournalMode,
} from '../support/faults.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { atLength } from '../support/rounds.js';
import { ServedHistory } from '../support/served.js';

interface Fault {
  readonly name: string;
  readonly inflict: (path: string) => void;
  readonly codes: readonly string[];
}

const FAULTS: readonly Fault[] = [
  { name: 'removed', inflict: removeAll, codes: ['store_unavailable'] },
  {
    name: 'a folder by now',
    inflict: (path) => {
      removeAll(path);
      mkdirSync(path);
    },
    codes: ['store_unavailable'],
  },
  {
    name: 'truncated to nothing',
    inflict: (path) => {
      truncateSync(path, 0);
    },
    codes: ['store_unavailable', 'store_corrupt'],
  },
  {
    name: 'damaged in the middle of its pages',
    inflict: (path) => {
      const pages = Math.floor(statSync(path).size / 4096);
      writeAt(
        path,
        Array.from({ length: pages - 2 }, (_, page) => (page + 2) * 4096),
      );
      // A commit makes everybody read the pages anew; it fails where it meets the damage itself.
      try {
        execute(path, 'PRAGMA user_version = 7');
      } catch (error) {
        expect(String(error)).toMatch(/malformed/);
      }
    },
    codes: ['store_corrupt'],
  },
  {
    name: 'another program’s database by now',
    inflict: (path) => {
      removeAll(path);
      execute(path, 'CREATE TABLE recipes (id)');
    },
    codes: ['store_unavailable'],
  },
];

afterEach(stopAll);

type Kind = readonly [JournalMode, string, (mode: JournalMode) => string];

const small = (mode: JournalMode): string => smallHistory(25, mode);
const large = (mode: JournalMode): string => withManySessions(small(mode));

/** Each journal mode and each size once, and all of both in a long run. */
const KINDS = atLength<readonly Kind[]>(
  [
    ['wal', 'small', small],
    ['delete', 'small', small],
    ['wal', 'large', large],
    ['delete', 'large', large],
  ],
  [
    ['delete', 'small', small],
    ['wal', 'large', large],
  ],
);

describe.each(KINDS)('in %s mode, a %s history that is', (mode, _size, make) => {
  let path: string;
  /** One for all of its faults, each of which it has to recover from. */
  let server: ServedHistory;

  beforeAll(async () => {
    path = make(mode);
    server = await ServedHistory.start(path);
  });

  afterAll(() => stopped(server));

  it.each(FAULTS)('$name: 503 that says so, and recovery by itself', async ({ inflict, codes }) => {
    await hasAnsweredAll(server);
    // As whoever closes it last leaves it.
    execute(path, 'PRAGMA wal_checkpoint(TRUNCATE)');
    inflict(path);
    const answers: unknown[] = [];
    for (const read of [...READS, ...READS]) {
      const response = await server.get(read);
      answers.push([read, response.status, response.headers.get('retry-after'), await response.json()]);
    }
    for (const answer of answers) {
      expect(answer).toEqual([
        expect.any(String),
        503,
        expect.stringMatching(/^\d+$/),
        {
          error: {
            message: expect.not.stringContaining('state.db'),
            type: 'service_unavailable',
            param: null,
            code: expect.stringMatching(codes.join('|')),
          },
        },
      ]);
    }
    expect((await server.request('PATCH', '/v1/sessions/plain', { title: 'Lost' })).status).toBe(503);
    const probe = await server.get('/readyz');
    expect([probe.status, await probe.json()]).toEqual([
      503,
      { status: 'not_ready', reason: expect.stringMatching(/^(The|What) .*histor/) },
    ]);
    restore(path, make(mode), 'From the backup');
    await isReady(server);
    expect(await titleOf(server, 'plain')).toBe('From the backup');
    const list = await (await server.get('/v1/sessions?title=From+the+backup')).json();
    expect(list).toMatchObject({ total: 1, data: [{ id: 'plain' }] });
    expect((await server.request('PATCH', '/v1/sessions/plain', { title: 'Kept' })).status).toBe(200);
    expect(await titleOf(server, 'plain')).toBe('Kept');
  });
});

describe.each(['wal', 'delete'] as const)('in %s mode', (mode) => {
  it('a history that is replaced is never shown again', async () => {
    const path = withManySessions(smallHistory(25, mode));
    const server = await served(path);
    for (const title of ['First backup', 'Second backup', 'Third backup']) {
      restore(path, smallHistory(25, mode), title);
      expect(await titleOf(server, 'plain')).toBe(title);
      const list = (await (await server.get('/v1/sessions?limit=200&archived=any')).json()) as {
        total: number;
        data: { id: string; title: string | null }[];
      };
      expect(list.total).toBeLessThan(20);
      expect(list.data.find(({ id }) => id === 'plain')?.title).toBe(title);
      expect(await (await server.get('/v1/sessions?search=Filler')).json()).toMatchObject({ total: 0 });
    }
  });

  it('what a backup overwrites in place is never written back into it', async () => {
    const path = smallHistory(25, mode);
    const server = await served(path);
    await server.request('PATCH', '/v1/sessions/plain', { title: 'Of the past' });
    const backup = smallHistory(25, mode);
    for (const title of ['Older', 'From the backup'])
      execute(backup, `UPDATE sessions SET title = '${title}' WHERE id = 'plain'`);
    copyFileSync(backup, path);
    for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true });
    expect(await titleOf(server, 'plain')).toBe('From the backup');
    expect((await server.request('PATCH', '/v1/sessions/branch', { title: 'New' })).status).toBe(200);
    await server.stop();
    const db = new Sqlite(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(
      db.prepare("SELECT title FROM sessions WHERE id IN ('plain', 'branch') ORDER BY id").pluck().all(),
    ).toEqual(['New', 'From the backup']);
    db.close();
    servers.length = 0;
  });

  it('a damage that was there at the start is told, and does not stop the start', async () => {
    const path = withManySessions(smallHistory(25, mode));
    execute(path, "INSERT INTO messages_fts(messages_fts) VALUES ('optimize')");
    const db = new Sqlite(path);
    db.pragma('wal_checkpoint(TRUNCATE)');
    const page = db.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'sessions'").pluck().get();
    db.close();
    writeAt(path, [(Number(page) - 1) * 4096]);
    const server = await ServedHistory.start(path);
    servers.push(server);
    for (const read of READS.slice(0, 3)) {
      const response = await server.get(read);
      expect([response.status, await response.json()]).toMatchObject([
        503,
        { error: { code: 'store_corrupt' } },
      ]);
    }
    expect(await (await server.get('/readyz')).json()).toMatchObject({
      reason: expect.stringContaining('damaged'),
    });
    restore(path, smallHistory(25, mode), 'Whole again');
    await isReady(server);
    expect(await titleOf(server, 'plain')).toBe('Whole again');
  });

  it('what an agent that was killed left half written is played back', async () => {
    const path = smallHistory(25, mode);
    const server = await served(path);
    const half = `
      const Sqlite = require('better-sqlite3');
      const db = new Sqlite(${JSON.stringify(path)});
      db.pragma('cache_size = 1');
      db.exec('BEGIN IMMEDIATE');
      db.prepare("UPDATE sessions SET title = 'half written ' || id").run();
      db.prepare("UPDATE messages SET content = content || hex(zeroblob(4000))").run();
      process.kill(process.pid, 'SIGKILL');`;
    expect(() => execFileSync(process.execPath, ['-e', half], { stdio: 'ignore' })).toThrow();
    for (const read of READS) expect([read, (await server.get(read)).status]).toEqual([read, 200]);
    expect(await titleOf(server, 'plain')).toBe('Garden irrigation');
    expect((await server.request('PATCH', '/v1/sessions/plain', { title: 'After' })).status).toBe(200);
    expect(await titleOf(server, 'plain')).toBe('After');
  });

  it('an owner may alter the schema at any time', async () => {
    const path = withManySessions(smallHistory(16, mode));
    const server = await served(path);
    const total = async (query: string): Promise<unknown> =>
      ((await (await server.get(`/v1/sessions?${query}`)).json()) as { total: number }).total;
    expect((await server.request('PATCH', '/v1/sessions/plain', { pinned: true })).status).toBe(409);
    execute(path, 'ALTER TABLE sessions ADD COLUMN pinned INTEGER DEFAULT 0');
    expect((await server.request('PATCH', '/v1/sessions/plain', { pinned: true })).status).toBe(200);
    expect(await (await server.get('/v1/capabilities')).json()).toMatchObject({
      features: { sessions_pin: true },
    });
    const before = await total('limit=1');
    execute(
      path,
      "ALTER TABLE sessions ADD COLUMN hidden INTEGER; UPDATE sessions SET hidden = 1 WHERE id = 'plain'",
    );
    expect(await total('limit=1')).toBe(Number(before) - 1);
    expect(await total('search=letter')).toBe(1);
    const triggers = ['insert', 'delete', 'update']
      .map((event) => `DROP TRIGGER messages_fts_${event};`)
      .join('');
    execute(path, `${triggers} DROP TABLE messages_fts`);
    expect(await total('search=letter')).toBe(1);
    execute(path, 'ALTER TABLE sessions DROP COLUMN pinned');
    for (const read of READS) expect([read, (await server.get(read)).status]).toEqual([read, 200]);
  });
});

describe('a journal that is removed under the server', () => {
  it.each([[['-wal']], [['-wal', '-shm']]])('(%j) does not keep it in the past', async (endings) => {
    const path = withManySessions(smallHistory(25, 'wal'));
    const server = await served(path);
    execute(path, 'PRAGMA wal_checkpoint(TRUNCATE)');
    for (const ending of endings) rmSync(path + ending);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'later', source: 'cli', started_at: hour(50), title: 'Written later' });
    say(writer, 'later', 'user', 'A word that was never said before: zymurgy', hour(50));
    expect(await titleOf(server, 'later')).toBe('Written later');
    expect(await (await server.get('/v1/sessions?search=zymurgy')).json()).toMatchObject({ total: 1 });
    expect(await (await server.get('/v1/sessions?limit=1')).json()).toMatchObject({
      data: [{ id: 'later' }],
    });
    expect((await server.request('PATCH', '/v1/sessions/later', { title: 'Renamed' })).status).toBe(200);
    expect(writer.db.prepare("SELECT title FROM sessions WHERE id = 'later'").pluck().get()).toBe('Renamed');
    writer.close();
  });
});
