import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createDatabase, createEmptyDatabase, runSql, takeBack } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { serverWithLog } from '../support/log.js';
import { CliProcess, type Outcome } from '../support/process.js';
import { temporaryFolder, type TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

/** Number of the advisory lock of whoever changes the layout, which all versions take. */
const LOCK = 0x6865_726d_6573;

/** How long a server may take to stop that has nothing to do, on a busy machine, in milliseconds. */
const SOON = 20_000;

const isReady = async (server: TestServer): Promise<boolean> => (await server.get('/readyz')).status === 200;

const cli = (args: readonly string[], url: string): CliProcess =>
  new CliProcess(
    args,
    { DATABASE_URL: url, STATE_DB: smallHistory(25), LOG_LEVEL: 'warn' },
    { cwd: temporaryFolder() },
  );

/** Takes the newest step back. @returns its name. */
async function takeNewestBack(url: string): Promise<string> {
  const [row] = await runSql(url, 'SELECT name FROM schema_migrations ORDER BY timestamp DESC');
  const newest = String(row?.name);
  await takeBack(url, newest);
  return newest;
}

describe('a database of the release before, of which somebody reads on', () => {
  let url: string;
  let reader: pg.Client;
  let newest: string;

  const steps = (): Promise<readonly Record<string, unknown>[]> =>
    runSql(url, 'SELECT name FROM schema_migrations ORDER BY timestamp DESC');

  beforeEach(async () => {
    url = await createDatabase();
    newest = await takeNewestBack(url);
    reader = new pg.Client(url);
    await reader.connect();
    await reader.query('BEGIN');
    // All of them, as a backup does.
    const [tables] = await runSql(
      url,
      `SELECT string_agg(quote_ident(tablename), ', ') AS names FROM pg_tables WHERE schemaname = 'public'`,
    );
    await reader.query(`LOCK TABLE ${String(tables?.names)} IN ACCESS SHARE MODE`);
  });

  afterEach(() => reader.end());

  it('has a server listen that prepares it, which says what it waits for, and is ready afterwards', async () => {
    const { server, log } = await serverWithLog({ DATABASE_URL: url });
    const waits = `The step ${newest} waits for others that use its tables, such as a backup.`;
    await until(async () => {
      const { status, body } = await server.get('/readyz');
      return (
        status === 503 && (body as { reason: string }).reason === `The database is being prepared. ${waits}`
      );
    });
    expect((await server.get('/livez')).status).toBe(200);
    expect((await server.get('/v1/sessions')).status).toBe(503);
    const said = log.map(({ msg }) => msg);
    expect(said).toEqual(expect.arrayContaining([`The step ${newest} is begun.`, waits]));
    await reader.query('COMMIT');
    await until(() => isReady(server));
    await server.close();
  });

  it('is left as it is by a server that is stopped, at once', async () => {
    const { server, log } = await serverWithLog({ DATABASE_URL: url });
    await until(() => log.some(({ msg }) => String(msg).includes('waits for others')));
    const stopped = performance.now();
    await server.close();
    expect(performance.now() - stopped).toBeLessThan(SOON);
    await reader.query('COMMIT');
    await until(async () => {
      const others = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hermes-sessions'`;
      return (await runSql(url, others)).length === 0;
    }, 'the end of its connections');
    expect(await steps()).not.toContainEqual({ name: newest });
    expect(log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('is waited for by migrate, which says so', async () => {
    const migrating = cli(['migrate'], url);
    await until(() => migrating.soFar.includes('waits for others'));
    await reader.query('COMMIT');
    expect(await migrating.ended).toMatchObject({
      code: 0,
      stdout: `The database was prepared: ${newest}.\n`,
      stderr: `The step ${newest} is begun.\nThe step ${newest} waits for others that use its tables, such as a backup.\n`,
    });
  });
});

describe('a database that another process prepares', () => {
  it('has servers that wait for it listen, and say so until they are stopped', async () => {
    const url = await createEmptyDatabase();
    const other = new pg.Client(url);
    await other.connect();
    await other.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const { server } = await serverWithLog({ DATABASE_URL: url });
    await until(async () => {
      const { body } = await server.get('/readyz');
      return /Another process prepares the database/.test(JSON.stringify(body));
    });
    const stopped = performance.now();
    await server.close();
    expect(performance.now() - stopped).toBeLessThan(SOON);
    await other.end();
  });
});

describe('a database that lacks the newest step', () => {
  let url: string;

  const ended = (args: readonly string[], address = url): Promise<Outcome> => cli(args, address).ended;

  beforeEach(async () => {
    url = await createDatabase();
    await takeNewestBack(url);
  });

  it('is left as it is by shippers', async () => {
    const steps = 'SELECT name FROM schema_migrations';
    const before = await runSql(url, steps);
    expect(await ended(['ship', '--once'])).toMatchObject({
      code: 1,
      stderr: 'The database is not prepared for this version. Run: hermes-sessions migrate\n',
    });
    expect(await runSql(url, steps)).toEqual(before);
  });

  it('names what is missing to a role that may not alter its tables', async () => {
    const role = `guest_${randomBytes(4).toString('hex')}`;
    await runSql(
      url,
      `CREATE ROLE ${role} LOGIN PASSWORD 'guest'; GRANT SELECT, UPDATE, INSERT ON ALL TABLES IN SCHEMA public TO ${role}`,
    );
    const guest = Object.assign(new URL(url), { username: role, password: 'guest' }).href;
    expect(await ended(['migrate'], guest)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Run with the role that owns them: hermes-sessions migrate\n'),
    });
    await runSql(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
});
