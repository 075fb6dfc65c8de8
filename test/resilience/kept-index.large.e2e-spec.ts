import {
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { asking } from '../support/compared-answers.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { serverWithLog, type LogLine } from '../support/log.js';
import { CliProcess } from '../support/process.js';
import { atLength } from '../support/rounds.js';
import { ServedHistory } from '../support/served.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

/** What shows whether an index is right: orders, totals, what is hidden, filters, counts and hits. */
const READS = [
  '/v1/sessions?limit=200',
  '/v1/sessions?limit=200&include_children=true&archived=any&sort=started_at',
  '/v1/sessions?platform=filler&limit=3',
  '/v1/sessions?archived=true&limit=5&sort=last_active_at',
  '/v1/sessions?since=2026-05-01&limit=200',
  '/v1/sessions/stats',
  '/v1/sessions?search=filler+conversation&limit=3&sort=-started_at',
  '/v1/sessions?search=irrigation',
];

const { answersOf, rightAnswers } = asking(READS);

function textsOf(log: readonly LogLine[]): readonly string[] {
  return log.map(({ msg }) => String(msg));
}

/** A history that a thread reads. */
function largeHistory(journalMode: 'wal' | 'delete' = 'wal'): string {
  return withManySessions(smallHistory(25, journalMode));
}

/** What an index is of: it is read whole where the history is small, and by a thread where it is large. */
const KINDS = atLength(
  [
    ['a large history', largeHistory],
    ['a small history', () => smallHistory(25)],
    ['a large history without a write-ahead log', () => largeHistory('delete')],
  ] as const,
  [['a large history', largeHistory]] as const,
);

/** The one index of a folder. */
function indexIn(folder: string): string {
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.db')) ?? 'none');
}

describe.each(KINDS)('the index of %s', (_name, make) => {
  let stateDb: string;
  let folder: string;

  beforeEach(async () => {
    stateDb = make();
    folder = join(temporaryFolder(), 'indexes');
    const server = await TestServer.onFile(stateDb, { INDEX_DIR: folder });
    await answersOf(server);
    await server.close();
  });

  /** What the next server says, and what it logs. */
  async function nextStart(): Promise<readonly string[]> {
    const { server, log } = await serverWithLog({ STATE_DB: stateDb, INDEX_DIR: folder });
    const answers = await answersOf(server);
    await server.close();
    expect(answers).toEqual(await rightAnswers(stateDb));
    return textsOf(log);
  }

  it('is for its owner alone', () => {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('is used again', async () => {
    const before = statSync(indexIn(folder)).ino;
    const log = await nextStart();
    expect(statSync(indexIn(folder)).ino).toBe(before);
    expect(log.filter((text) => text.includes('made anew'))).toEqual([]);
  });

  it('is brought up to what happened while no server ran', async () => {
    const writer = HistoryWriter.open(stateDb);
    writer.db.exec(`UPDATE sessions SET archived = 1 - archived WHERE id = 'plain';
      UPDATE sessions SET source = 'moved', model = 'other/model' WHERE id = 'reset';
      UPDATE messages SET active = 0 WHERE id = (SELECT min(id) FROM messages WHERE session_id = 'branch');
      DELETE FROM messages WHERE session_id = 'empty'; DELETE FROM sessions WHERE id = 'empty'`);
    writer.addSession({ id: 'added', source: 'filler', started_at: hour(90) });
    say(writer, 'added', 'user', 'An irrigation for the filler conversation', hour(90));
    writer.close();
    expect((await nextStart()).filter((text) => text.includes('made anew'))).toEqual([]);
  });

  const damages: readonly (readonly [string, string, (path: string) => void])[] = [
    [
      'is garbage',
      'it is damaged',
      (path) => {
        writeFileSync(path, 'This is no database at all. '.repeat(1000));
      },
    ],
    [
      'was cut off',
      'it is damaged',
      (path) => {
        truncateSync(path, 4096 * 3);
      },
    ],
    [
      'is of a newer version',
      'it is of another version',
      (path) => {
        const db = new Sqlite(path);
        db.pragma('user_version = 9999');
        db.close();
      },
    ],
    [
      'is of another history',
      'it is of another history',
      (path) => {
        const db = new Sqlite(path);
        db.exec("UPDATE known_history SET value = '1 2' WHERE name = 'identity'");
        db.close();
      },
    ],
  ];

  it.each(damages)('is made anew where it %s', async (_damage, reason, damage) => {
    const path = indexIn(folder);
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    damage(path);
    expect((await nextStart()).filter((text) => text.includes('made anew'))).toEqual([
      `The index is made anew: ${reason}.`,
    ]);
  });

  it('is made anew where another history took the place of its own', async () => {
    renameSync(stateDb, `${stateDb}.before`);
    for (const suffix of ['-wal', '-shm']) rmSync(`${stateDb}${suffix}`, { force: true });
    const other = make();
    const writer = HistoryWriter.open(other);
    writer.db.exec(
      "UPDATE sessions SET title = 'Other' WHERE id = 'plain'; DELETE FROM sessions WHERE id = 'reset'",
    );
    writer.close();
    renameSync(other, stateDb);
    expect(await nextStart()).toContain('The index is made anew: it is of another history.');
  });

  it('is not missed where it was deleted', async () => {
    rmSync(folder, { recursive: true });
    expect((await nextStart()).filter((text) => text.includes('made anew'))).toEqual([]);
  });

  it('is temporary where its folder cannot be written to', async () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'no folder');
    expect((await nextStart()).filter((text) => text.includes('cannot be kept'))).toHaveLength(1);
  });

  it('is a temporary one for a second server', async () => {
    const first = await TestServer.onFile(stateDb, { INDEX_DIR: folder });
    const { server: second, log } = await serverWithLog({ STATE_DB: stateDb, INDEX_DIR: folder });
    await answersOf(second);
    const writer = HistoryWriter.open(stateDb);
    say(writer, 'plain', 'user', 'One more about irrigation', hour(95));
    writer.close();
    const answers = await answersOf(first);
    expect(await answersOf(second)).toEqual(answers);
    expect(textsOf(log)).toContain(`The index cannot be kept in ${folder}: another server uses it`);
    await second.close();
    await first.close();
    expect(answers).toEqual(await rightAnswers(stateDb));
  });

  it('is right after a server was killed while it answered beside an agent', async () => {
    const server = await ServedHistory.start(stateDb, { INDEX_DIR: folder });
    const writer = HistoryWriter.open(stateDb);
    for (let round = 0; round < 20; round++) {
      say(writer, 'plain', 'user', `Round ${round} about irrigation`, hour(96 + round));
      writer.addSession({ id: `new-${round}`, source: 'filler', started_at: hour(96 + round) });
      const answer = server.get('/v1/sessions?limit=5');
      if (round < 19) await answer;
      else answer.catch(() => undefined);
    }
    server.process.kill('SIGKILL');
    await server.process.ended;
    writer.close();
    expect((await nextStart()).filter((text) => text.includes('made anew'))).toEqual([]);
  });

  it('is made anew while the server runs, where it breaks', async () => {
    const { server, log } = await serverWithLog({ STATE_DB: stateDb, INDEX_DIR: folder });
    await answersOf(server);
    const size = statSync(indexIn(folder)).size;
    writeFileSync(indexIn(folder), Buffer.alloc(size, 7), { flag: 'r+' });
    for (const suffix of ['-wal']) truncateSync(`${indexIn(folder)}${suffix}`, 0);
    const writer = HistoryWriter.open(stateDb);
    writer.addSession({ id: 'late', source: 'filler', started_at: hour(97) });
    writer.close();
    await until(
      async () => (await server.get('/v1/sessions?sort=-started_at')).status === 200,
      'answers with another index',
    );
    const answers = await answersOf(server);
    await server.close();
    expect(answers).toEqual(await rightAnswers(stateDb));
    expect(textsOf(log).some((text) => text.startsWith('The index is made anew'))).toBe(true);
  });
});

describe.each(KINDS)('the index of %s, where no file can be written', (_name, make) => {
  it('is in memory, and follows the history', async () => {
    const stateDb = make();
    // What belongs to the history is there already: the file of shared memory beside it has 32 KiB.
    const server = await ServedHistory.start(stateDb, {}, { fileSizeLimit: 40 });
    const answersNow = async (): Promise<readonly unknown[]> =>
      Promise.all(READS.map(async (path) => (await server.get(path)).json() as Promise<unknown>));
    await until(async () => (await server.get('/readyz')).status === 200, 'an index in memory');
    expect(await answersNow()).toEqual(await rightAnswers(stateDb));
    const writer = HistoryWriter.open(stateDb);
    writer.db.exec(`UPDATE sessions SET archived = 1 - archived WHERE id = 'plain';
      UPDATE sessions SET source = 'moved' WHERE id = 'reset';
      DELETE FROM messages WHERE session_id = 'empty'; DELETE FROM sessions WHERE id = 'empty'`);
    writer.addSession({ id: 'added', source: 'filler', started_at: hour(90) });
    say(writer, 'added', 'user', 'An irrigation for the filler conversation', hour(90));
    writer.close();
    expect(await answersNow()).toEqual(await rightAnswers(stateDb));
    server.process.kill('SIGTERM');
    const { stdout } = await server.process.ended;
    expect(stdout).toContain('The index is in memory');
  });
});

describe('an index that is being made', () => {
  it('is begun again where the server was killed', async () => {
    const stateDb = withManySessions(smallHistory(25), 5000);
    const folder = join(temporaryFolder(), 'indexes');
    const environment = { STATE_DB: stateDb, INDEX_DIR: folder, API_SERVER_KEY: TEST_KEY, PORT: '0' };
    const server = new CliProcess(['serve'], environment);
    await until(() => {
      try {
        return readdirSync(folder).some((name) => name.endsWith('-new'));
      } catch {
        return false;
      }
    }, 'the beginning of an index');
    server.kill('SIGKILL');
    await server.ended;
    const next = await TestServer.onFile(stateDb, { INDEX_DIR: folder });
    const answers = await answersOf(next);
    await next.close();
    expect(answers).toEqual(await rightAnswers(stateDb));
  });
});

describe('a folder of indexes', () => {
  it('loses those of histories that are gone, a month after they were last of use', async () => {
    const folder = temporaryFolder();
    const kept = smallHistory(25);
    const histories = [kept, smallHistory(25), smallHistory(25)];
    const names: string[] = [];
    for (const stateDb of histories) {
      const server = await TestServer.onFile(stateDb, { INDEX_DIR: folder });
      await server.json('/v1/sessions');
      await server.close();
      names.push(...indexesIn(folder).filter((name) => !names.includes(name)));
    }
    for (const stateDb of histories.slice(1)) rmSync(stateDb);
    const long = new Date(Date.now() - 31 * 24 * 3600 * 1000);
    const [first = '', second = '', third = ''] = names;
    for (const name of [first, second])
      for (const end of ['', '-wal'])
        if (existsSync(join(folder, `${name}${end}`))) utimesSync(join(folder, `${name}${end}`), long, long);
    const server = await TestServer.onFile(smallHistory(25), { INDEX_DIR: folder });
    await server.json('/v1/sessions');
    expect(indexesIn(folder)).toEqual(expect.arrayContaining([first, third]));
    expect(indexesIn(folder)).not.toContain(second);
    await server.close();
  });
});

function indexesIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.db'));
}
