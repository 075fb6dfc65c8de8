import { copyFileSync, readdirSync, readlinkSync, rmSync, truncateSync, utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { HermesConnection } from '../../src/stores/hermes/file/hermes-connection.js';
import { execute } from '../support/faults.js';
import { smallHistory, withManySessions } from '../support/histories.js';
import { temporaryFolder } from '../support/server.js';
import { until } from '../support/wait.js';

/** What a connection says of a history, and how often it closed all that has it open. */
interface Watched {
  readonly connection: HermesConnection;
  readonly closings: () => number;
  readonly title: () => Promise<unknown>;
}

const opened: HermesConnection[] = [];

async function watched(stateDb: string): Promise<Watched> {
  const connection = new HermesConnection(
    {
      stateDb,
      hermesHome: temporaryFolder(),
      tokenizer: '',
      sqliteNode: '',
      indexFolder: temporaryFolder(),
    },
    () => undefined,
  );
  opened.push(connection);
  await connection.current();
  let closings = 0;
  connection.closeWith(() => {
    closings++;
    return Promise.resolve();
  });
  return {
    connection,
    closings: () => closings,
    title: () =>
      connection.snapshot(({ reader }) => reader.value("SELECT title FROM sessions WHERE id = 'plain'")),
  };
}

afterEach(async () => {
  for (const connection of opened.splice(0)) await connection.close();
});

/** The same history with another title. */
function backupOf(stateDb: string, title: string): string {
  const backup = `${stateDb}.backup`;
  copyFileSync(stateDb, backup);
  execute(backup, `UPDATE sessions SET title = '${title}' WHERE id = 'plain'`);
  return backup;
}

describe.each(['wal', 'delete'] as const)('a history in %s mode that is overwritten in place', (mode) => {
  it('is shown as it is now, though its journal says nothing of it', async () => {
    const stateDb = smallHistory(25, mode);
    const backup = backupOf(stateDb, 'Restored');
    const { connection, title } = await watched(stateDb);
    // Something is in the journal, and in the file.
    if (mode === 'wal') execute(stateDb, 'PRAGMA user_version = 1; PRAGMA wal_checkpoint');
    const versionOf = (): Promise<number> => connection.snapshot(({ reader }) => reader.version());
    expect(await title()).toBe('Garden irrigation');
    const before = await versionOf();
    copyFileSync(backup, stateDb);
    expect(await title()).toBe('Restored');
    expect(await versionOf()).toBeGreaterThan(before);
  });

  it.each([
    ['as it is written', false],
    ['with the time that it had', true],
  ])(
    'can be written to where what was put there has no such journal, and is the same, %s',
    async (_, isDated) => {
      const stateDb = smallHistory(25, mode);
      const other = withManySessions(smallHistory(25, mode));
      execute(other, 'PRAGMA journal_mode = delete');
      const { connection, title } = await watched(stateDb);
      expect(await title()).toBe('Garden irrigation');
      // Its journal was touched when it was opened: nobody overwrites it within the same step of the clock.
      await sleep(50);
      copyFileSync(other, stateDb);
      if (isDated) utimesSync(stateDb, 1_700_000_000, 1_700_000_000);
      for (const written of ['First', 'Second']) {
        await connection.transaction(({ reader }) =>
          reader.run('UPDATE sessions SET title = ? WHERE id = ?', written, 'plain'),
        );
        expect(await title()).toBe(written);
      }
    },
  );

  it('is shown as it is now, though as much was committed to it since as was lost', async () => {
    const stateDb = smallHistory(25, mode);
    const backup = `${stateDb}.backup`;
    execute(stateDb, 'PRAGMA wal_checkpoint(TRUNCATE)');
    copyFileSync(stateDb, backup);
    const add = (session: string): void => {
      execute(
        stateDb,
        `INSERT INTO messages (session_id, role, content, timestamp) VALUES ('${session}', 'user', 'Newest', 1)`,
      );
      if (mode === 'wal') execute(stateDb, 'PRAGMA wal_checkpoint(TRUNCATE)');
    };
    add('plain');
    const { connection } = await watched(stateDb);
    const newest = (): Promise<unknown> =>
      connection.snapshot(({ reader }) =>
        reader.value('SELECT session_id FROM messages ORDER BY id DESC LIMIT 1'),
      );
    expect(await newest()).toBe('plain');
    copyFileSync(backup, stateDb);
    add('reset');
    expect(await newest()).toBe('reset');
  });

  it('is opened anew where it is another one', async () => {
    const stateDb = smallHistory(25, mode);
    const other = withManySessions(smallHistory(25, mode));
    execute(other, "UPDATE messages SET session_id = 'branch' WHERE session_id = 'plain'");
    execute(other, 'UPDATE messages SET timestamp = timestamp + 1');
    const { connection, closings } = await watched(stateDb);
    const { opening } = await connection.snapshot((history) => history);
    copyFileSync(other, stateDb);
    const now = await connection.snapshot((history) => history);
    expect(now.opening).toBe(opening + 1);
    expect(closings()).toBe(1);
  });

  it('is opened anew where its tables begin elsewhere under the same number of its schema', async () => {
    const stateDb = smallHistory(25, mode);
    const { connection, title, closings } = await watched(stateDb);
    const cookie = await connection.snapshot(({ reader }) => reader.schemaCookie());
    const other = `${stateDb}.vacuumed`;
    execute(backupOf(stateDb, 'Moved'), `DROP TABLE schema_version; VACUUM INTO '${other}'`);
    execute(other, `PRAGMA journal_mode = ${mode}; CREATE TABLE schema_version (version INTEGER NOT NULL)`);
    execute(other, 'INSERT INTO schema_version VALUES (25)');
    const db = new Sqlite(other).unsafeMode();
    db.pragma(`schema_version = ${Number(cookie)}`);
    db.close();
    copyFileSync(other, stateDb);
    expect(await title()).toBe('Moved');
    expect(closings()).toBe(1);
  });
});

describe('a history that is deleted', () => {
  it('is let go of, with all that has it open', async () => {
    const stateDb = smallHistory(25, 'delete');
    const { title, closings } = await watched(stateDb);
    expect(await title()).toBe('Garden irrigation');
    rmSync(stateDb);
    await expect(title()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(closings()).toBe(1);
    const open = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return [];
      }
    });
    expect(open.filter((path) => path.startsWith(stateDb))).toEqual([]);
  });
});

describe('a history whose journal is moved into it', () => {
  it('stays open, and is taken for changed twice at most', async () => {
    const stateDb = withManySessions(smallHistory(25, 'wal'));
    const { connection, title, closings } = await watched(stateDb);
    const agent = new Sqlite(stateDb);
    agent.exec("UPDATE sessions SET title = 'Agent' WHERE id = 'plain'");
    expect(await title()).toBe('Agent');
    const { opening } = await connection.current();
    for (const kind of ['PASSIVE', 'TRUNCATE']) {
      const versions = new Set<number>();
      agent.pragma(`wal_checkpoint(${kind})`);
      const end = performance.now() + 300;
      await until(async () => {
        expect(await title()).toBe('Agent');
        versions.add(await connection.snapshot(({ reader }) => reader.version()));
        return performance.now() > end;
      });
      expect(versions.size).toBeLessThanOrEqual(3);
    }
    agent.close();
    expect([closings(), (await connection.current()).opening]).toEqual([0, opening]);
  });
});

describe('a journal that is cut off while an agent has it open', () => {
  it.each([
    ['removed', rmSync],
    ['emptied', truncateSync],
  ])('(%s) closes the history until the agent has ended', async (_name, cut: (journal: string) => void) => {
    const stateDb = withManySessions(smallHistory(25, 'wal'));
    const { title, closings } = await watched(stateDb);
    // Connections of one process share what they know of a journal, as those of several processes do.
    const agent = new Sqlite(stateDb);
    agent.exec("UPDATE sessions SET title = 'Agent' WHERE id = 'plain'");
    expect(await title()).toBe('Agent');
    cut(`${stateDb}-wal`);
    const refused = expect.objectContaining({
      code: 'store_unavailable',
      message: expect.stringContaining('journal'),
    });
    await expect(title()).rejects.toEqual(refused);
    const tries = closings();
    const end = performance.now() + 500;
    await until(async () => {
      await expect(title()).rejects.toEqual(refused);
      return performance.now() > end;
    });
    expect(closings()).toBe(tries);
    agent.close();
    await until(() =>
      title().then(
        () => true,
        () => false,
      ),
    );
  });
});
