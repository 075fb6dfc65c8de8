import { hostname } from 'node:os';
import pg from 'pg';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { processKey } from '../../src/ship/shipper-process.js';
import { createDatabase, runSql } from '../support/database.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { CliProcess, type Outcome } from '../support/process.js';
import { temporaryFolder, TestServer, testSettings } from '../support/server.js';
import { TEST_ORIGIN, TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

describe('a history that two shippers would send', () => {
  let path: string;
  let url: string;
  const shippers: TestShipper[] = [];

  const follow = async (stateDb = path): Promise<TestShipper> => {
    const shipper = await TestShipper.start(testSettings({ STATE_DB: stateDb }), url);
    shippers.push(shipper);
    return shipper;
  };
  const shipProcess = (args: readonly string[] = ['--once'], stateDb = path): CliProcess =>
    new CliProcess(
      ['ship', '--origin', TEST_ORIGIN, ...args],
      { STATE_DB: stateDb, DATABASE_URL: url, LOG_LEVEL: 'warn' },
      { cwd: temporaryFolder() },
    );
  const shipOnce = (stateDb = path): Promise<Outcome> => shipProcess(['--once'], stateDb).ended;
  const goOn = (text: string): void => {
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', text, hour(60));
    writer.close();
  };
  const arrived = async (text: string): Promise<boolean> =>
    (await runSql(url, 'SELECT 1 AS one FROM messages WHERE content = $1', [text])).length === 1;

  beforeEach(async () => {
    path = smallHistory(25);
    url = await createDatabase();
  });

  afterEach(async () => {
    for (const shipper of shippers.splice(0)) await shipper.stop();
  });

  it('is refused to the second one, with both names, while the first one is there', async () => {
    await (await follow()).settled();
    const another = smallHistory(25);
    const second = shipProcess(['--once'], another);
    const { code, stderr } = await second.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      `is sent by another shipper: ${hostname()}, process ${process.pid}. This one is ${hostname()}, process ${second.pid}.`,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('is left to the second one, which waited, as soon as the first one ends', async () => {
    const first = await follow();
    await first.settled();
    const second = await follow();
    goOn('Sent by the first');
    await until(() => arrived('Sent by the first'));
    await first.stop();
    goOn('Sent by the second');
    await second.settled();
    expect(await arrived('Sent by the second')).toBe(true);
  });

  it('is sent whole and once where two of one host begin at the same time', async () => {
    path = withManySessions(path, 300);
    const [first, second] = await Promise.all([follow(), follow()]);
    await Promise.race([first.settled(), second.settled()]);
    const file = await TestServer.onFile(path);
    const database = await TestServer.onDatabase(url);
    for (const text of ['marmalade', 'filler', 'hello']) {
      const found = async (server: TestServer): Promise<number> =>
        (await server.json<SessionListResponse>(`/v1/sessions?search=${text}&archived=any`)).total;
      expect([text, await found(database)]).toEqual([text, await found(file)]);
    }
  });

  it('is taken over at once where the first one was killed on this machine', async () => {
    const killed = shipProcess([]);
    await until(
      async () => (await runSql(url, 'SELECT 1 AS one FROM histories WHERE is_loaded')).length === 1,
    );
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended;
    goOn('After the kill');
    expect(await shipOnce()).toMatchObject({ code: 0, stderr: '' });
    expect(await arrived('After the kill')).toBe(true);
  });

  it('is taken over from another machine only once its shipper was not heard of for long', async () => {
    expect((await shipOnce()).code).toBe(0);
    const elsewhere = (seconds: number): Promise<unknown> =>
      runSql(
        url,
        `UPDATE histories SET shipper_id = 'x', shipper_name = 'db-7, process 4711', shipper_process = 'other-boot pid:[1]/4711/99',
          shipper_until = now() + make_interval(secs => $1)`,
        [seconds],
      );
    await elsewhere(25);
    expect(await shipOnce()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('db-7, process 4711'),
    });
    await elsewhere(-1);
    expect((await shipOnce()).code).toBe(0);
  });

  it('is kept by one that waits for longer than it may be silent', async () => {
    // As a first load does at its end for the one of another host.
    const migrating = new pg.Client({ connectionString: url });
    await migrating.connect();
    await migrating.query('SELECT pg_advisory_lock($1)', [0x6865_726d_6573]);
    const shipper = await follow();
    const isWaiting = async (): Promise<boolean> =>
      (
        await runSql(
          url,
          // It looks for the lock again and again.
          `SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND query LIKE '%pg_try_advisory_xact_lock%'`,
        )
      ).length === 1;
    await until(isWaiting);
    await runSql(url, 'UPDATE histories SET shipper_until = now() + make_interval(secs => 1)');
    const isRenewed = async (): Promise<boolean> =>
      (await runSql(url, "SELECT 1 AS one FROM histories WHERE shipper_until > now() + interval '20 s'"))
        .length === 1;
    await until(isRenewed);
    // Now and then its connection says that it still follows.
    await until(isWaiting);
    await migrating.end();
    await shipper.settled();
  });

  it('is written to by nobody who has lost it', async () => {
    const shipper = await follow();
    await shipper.settled();
    const taken = await runSql(
      url,
      `UPDATE histories SET shipper_id = 'x', shipper_name = 'db-7', shipper_process = NULL, shipper_until = now() + interval '1 hour'
        RETURNING sent_count`,
    );
    goOn('Not of this one any more');
    const [held] = await runSql(url, 'SELECT sent_count FROM histories');
    expect(held?.sent_count).toBe(taken[0]?.sent_count);
    expect(await shipOnce()).toMatchObject({ code: 1 });
    expect(await arrived('Not of this one any more')).toBe(false);
    await runSql(url, 'UPDATE histories SET shipper_id = NULL');
    await shipper.settled();
    expect(await arrived('Not of this one any more')).toBe(true);
  });

  it('is given back when its shipper ends', async () => {
    const shipper = await follow();
    await shipper.settled();
    expect(await runSql(url, 'SELECT shipper_name, shipper_process FROM histories')).toEqual([
      { shipper_name: `${hostname()}, process ${process.pid}`, shipper_process: processKey(process.pid) },
    ]);
    await shipper.stop();
    expect(await runSql(url, 'SELECT shipper_id, shipper_name, shipper_until FROM histories')).toEqual([
      { shipper_id: null, shipper_name: null, shipper_until: null },
    ]);
  });
});
