import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createDataSource } from '../../src/stores/postgres/connection/data-source.js';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { createDatabase, runSql } from '../support/database.js';
import { runCli, type Outcome } from '../support/process.js';
import { until } from '../support/wait.js';

describe('a change of tables while somebody reads all of them', () => {
  let url: string;
  let reader: pg.Client;

  const add = (): Promise<Outcome> =>
    runCli(['hosts', 'add', `Build-${randomBytes(4).toString('hex')}`], {
      DATABASE_URL: url,
      LOG_LEVEL: 'warn',
    });

  /** Reads as a backup does: until it ends nobody else may have its tables alone. */
  async function beginBackup(): Promise<void> {
    reader = new pg.Client(url);
    await reader.connect();
    await reader.query('BEGIN');
    await reader.query('LOCK TABLE histories, messages IN ACCESS SHARE MODE');
  }

  /** Waits until somebody wants a table alone, behind whom everybody waits who comes then, and reads it. */
  async function readBehind(): Promise<void> {
    const waiting = `SELECT FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode = 'AccessExclusiveLock' AND NOT granted`;
    await until(async () => (await runSql(url, waiting)).length > 0);
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

  it('lets others through, and is made when it can: a step of the layout', async () => {
    const location = { url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 };
    const dataSource = createDataSource(location, () => undefined);
    await dataSource.initialize();
    await dataSource.undoLastMigration({ transaction: 'each' });
    await dataSource.destroy();
    await beginBackup();
    const migrating = migrate(location);
    await readBehind();
    await reader.query('COMMIT');
    expect(await migrating).toHaveLength(1);
  });
});
