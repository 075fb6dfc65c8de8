import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { createDatabase, runSql } from '../support/database.js';
import { Gateway } from '../support/gateway.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { startCluster } from '../setup/postgres-cluster.js';
import { testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

const shippers: TestShipper[] = [];

/** A shipper that ends with its test. */
async function shipTo(path: string, url: string): Promise<TestShipper> {
  const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
  shippers.push(shipper);
  return shipper;
}

afterEach(async () => {
  for (const shipper of shippers.splice(0)) await shipper.stop();
});

/** Ids of all sessions and messages of a file. */
function inFile(path: string): readonly string[] {
  const writer = HistoryWriter.open(path);
  const ids = writer.db
    .prepare<[], string>("SELECT id FROM sessions UNION ALL SELECT session_id || ' ' || id FROM messages")
    .pluck()
    .all();
  writer.close();
  return ids.sort();
}

async function inDatabase(url: string): Promise<readonly string[]> {
  const rows = await runSql(
    url,
    "SELECT id FROM sessions UNION ALL SELECT session_id || ' ' || id FROM messages",
  );
  return rows.map(({ id }) => String(id)).sort();
}

/** Waits until the database has what the file has, message by message. */
async function untilEqual(path: string, url: string, limit = 45_000): Promise<void> {
  const isEqual = async (): Promise<boolean> =>
    JSON.stringify(await inDatabase(url)) === JSON.stringify(inFile(path));
  await until(isEqual, 'that the database has everything', limit).catch(() => undefined);
  expect(await inDatabase(url)).toEqual(inFile(path));
}

/** What a crash leaves where the session `plain` came with the last transaction. */
const LOSE_LAST_TRANSACTION = `WITH gone AS (DELETE FROM sessions WHERE id = 'plain' RETURNING number),
    words AS (DELETE FROM session_words WHERE session_number IN (SELECT number FROM gone)),
    messages AS (DELETE FROM messages WHERE session_id = 'plain'),
    conversations AS (DELETE FROM conversations WHERE root_id = 'plain')
  UPDATE histories SET sent_count = sent_count - 1`;

describe('what a database had acknowledged and then lost', () => {
  it('is there again after PostgreSQL was killed five times beside an agent that writes, without a restart of the shipper', async () => {
    // As it runs in production: on disk, with its defaults.
    const cluster = await startCluster({});
    await migrate({ url: cluster.url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 });
    const path = smallHistory(25);
    const shipper = await shipTo(path, cluster.url);
    await shipper.settled();
    const writer = HistoryWriter.open(path);
    let written = 0;
    const agent = setInterval(() => {
      const id = `written-${written++}`;
      writer.together(() => {
        writer.addSession({ id, source: 'cli', started_at: hour(20) + written });
        say(writer, id, 'user', `Message of ${id}`, hour(20) + written);
      });
    }, 10);
    for (let kills = 0; kills < 5; kills++) {
      const before = written;
      await until(async () => {
        const rows = await runSql(cluster.url, 'SELECT 1 AS one FROM sessions WHERE id = $1', [
          `written-${before + 20}`,
        ]);
        return rows.length > 0;
      });
      await cluster.crash();
    }
    clearInterval(agent);
    writer.close();
    await untilEqual(path, cluster.url);
    expect(written).toBeGreaterThan(100);
    await shipper.stop();
    await cluster.stop();
  });

  it('is missed although nothing failed: a transaction that is gone', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const shipper = await shipTo(path, url);
    await shipper.settled();
    await runSql(url, LOSE_LAST_TRANSACTION);
    await untilEqual(path, url);
  });

  it('is missed by the next transaction, before it writes anything', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const shipper = await shipTo(path, url);
    await shipper.settled();
    await runSql(url, LOSE_LAST_TRANSACTION);
    const writer = HistoryWriter.open(path);
    say(writer, 'chain-3', 'user', 'Something else', hour(40));
    writer.close();
    await shipper.settled();
    expect(await inDatabase(url)).toEqual(inFile(path));
  });

  it.each([
    ['the row of the history', ['histories']],
    [
      'all that there was of it',
      ['sessions', 'conversations', 'messages', 'session_words', 'session_counts', 'changes', 'histories'],
    ],
  ])('is sent again where %s was deleted', async (_what, tables) => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const shipper = await shipTo(path, url);
    await shipper.settled();
    const [old] = await runSql(url, 'SELECT id FROM histories');
    await runSql(url, tables.map((table) => `DELETE FROM ${table}`).join('; '));
    await until(async () => (await runSql(url, 'SELECT id FROM histories WHERE is_loaded')).length === 1);
    await shipper.settled();
    // Whatever is left of the old one belongs to nobody.
    await runSql(
      url,
      `DELETE FROM sessions WHERE history_id = ${Number(old?.id)}; DELETE FROM messages WHERE history_id = ${Number(old?.id)}`,
    );
    expect(await inDatabase(url)).toEqual(inFile(path));
  });

  it('is sent again where another server takes over that had not followed to the end', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const other = await startCluster();
    const standby = new URL(other.url);
    standby.pathname = new URL(url).pathname;
    await runSql(other.url, `CREATE DATABASE ${standby.pathname.slice(1)}`);
    await migrate({ url: standby.href, replicaUrls: [], poolSize: 2, timeLimit: 10_000 });
    const follower = await shipTo(path, standby.href);
    await follower.settled();
    await follower.stop();
    const gateway = await Gateway.open(url);
    const shipper = await shipTo(path, gateway.url);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'Acknowledged by the first one alone', hour(40));
    writer.close();
    await shipper.settled();
    const [lease] = await runSql(url, 'SELECT shipper_id, sent_count FROM histories');
    await runSql(standby.href, 'UPDATE histories SET shipper_id = $1, sent_count = $2', [
      lease?.shipper_id,
      Number(lease?.sent_count) - 1,
    ]);
    await gateway.refuse();
    gateway.leadTo(standby.href);
    await gateway.accept();
    // Nothing is written at the host any more.
    await untilEqual(path, standby.href);
    await shipper.stop();
    await gateway.refuse();
    await other.stop();
  });
});

describe('a comparison', () => {
  it('is made every hour, whatever was lost in a way that nobody can notice', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    await (await shipTo(path, url)).settled();
    await runSql(url, `${LOSE_LAST_TRANSACTION} + 1`);
    const now = performance.now.bind(performance);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_000);
    await untilEqual(path, url);
    clock.mockRestore();
  });

  it('is told in the database once everything that differed has arrived', async () => {
    const path = smallHistory(25);
    const url = await createDatabase();
    const shipper = await shipTo(path, url);
    await shipper.settled();
    const comparedAt = async (): Promise<unknown> =>
      (await runSql(url, 'SELECT compared_at FROM histories'))[0]?.compared_at;
    const before = await comparedAt();
    expect(before).toBeInstanceOf(Date);
    await runSql(
      url,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    // A connection that broke is reason enough: what became of it is not known.
    await until(async () => Number(await comparedAt()) !== Number(before));
    expect(await inDatabase(url)).toEqual(inFile(path));
  });
});
