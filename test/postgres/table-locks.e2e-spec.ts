import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { createDatabase, runSql, takeBack } from '../support/database.js';
import { runCli, type Outcome } from '../support/process.js';
import { until } from '../support/wait.js';

function locationOf(url: string): Parameters<typeof migrate>[0] {
  return { url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 };
}

describe('a change of tables while somebody reads all of them', () => {
  let url: string;
  let reader: pg.Client;

  const add = (): Promise<Outcome> =>
    runCli(['hosts', 'add', `Build-${randomBytes(4).toString('hex')}`], {
      DATABASE_URL: url,
      LOG_LEVEL: 'warn',
    });

  /** Has something of the tables until it ends, so that nobody else may have them alone. */
  async function begin(statement: string): Promise<void> {
    reader = new pg.Client(url);
    await reader.connect();
    await reader.query('BEGIN');
    await reader.query(statement);
  }

  /** Reads as a backup does. */
  const beginBackup = (): Promise<void> => begin('LOCK TABLE histories, messages IN ACCESS SHARE MODE');

  /** Waits until somebody wants a table alone. */
  async function untilWanted(): Promise<void> {
    const waiting = `SELECT FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode = 'AccessExclusiveLock' AND NOT granted`;
    await until(async () => (await runSql(url, waiting)).length > 0);
  }

  /** Has everybody who comes then wait behind whoever wants a table alone, and reads it. */
  async function readBehind(): Promise<void> {
    await untilWanted();
    const patient = new URL(url);
    patient.searchParams.set('options', '-c statement_timeout=8s');
    await runSql(patient.href, 'SELECT FROM histories');
    await runSql(patient.href, 'SELECT FROM messages');
  }

  beforeEach(async () => {
    url = await createDatabase();
  });

  afterEach(() => reader.end());

  it('lets others through, and is made when it can: the first host', async () => {
    await beginBackup();
    const adding = add();
    await readBehind();
    await reader.query('COMMIT');
    expect(await adding).toMatchObject({ code: 0 });
  });

  it('is none where another host is added', async () => {
    expect(await add()).toMatchObject({ code: 0 });
    await beginBackup();
    expect(await add()).toMatchObject({ code: 0 });
  });

  describe('by a step of the layout', () => {
    /** A step that alters many tables. */
    const STEP = 'BoundWhatIsAddedUp1765252000000';

    /** Begins it, with a layout of before. @returns what was taken. */
    const step = (): ReturnType<typeof migrate> => migrate(locationOf(url));

    beforeEach(() => takeBack(url, STEP));

    it('lets others through, and is made when it can', async () => {
      await beginBackup();
      const migrating = step();
      await readBehind();
      await reader.query('COMMIT');
      expect(await migrating).toContain(STEP);
    });

    it('takes tables in the order in which whoever writes takes them', async () => {
      await begin('SELECT FROM histories FOR UPDATE');
      const migrating = step();
      await untilWanted();
      await reader.query(`SET LOCAL lock_timeout = '100ms'`);
      await reader.query('LOCK TABLE sessions, conversations IN ROW EXCLUSIVE MODE');
      await reader.query('COMMIT');
      expect(await migrating).toContain(STEP);
    });

    it('gives way to whoever takes them in another order, and is made later', async () => {
      await begin('SELECT FROM conversations');
      const migrating = step();
      await untilWanted();
      await reader.query('SELECT FROM histories');
      await reader.query('COMMIT');
      expect(await migrating).toContain(STEP);
    });
  });
});
