import { randomBytes } from 'node:crypto';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { addHost, removeHost } from '../../src/stores/postgres/hosts/host-roles.js';
import { createDatabase, runSql, takeBack } from '../support/database.js';

describe('a group of hosts that a release of before has left in a restored database', () => {
  let url: string;
  let connection: PostgresConnection;
  const added: string[] = [];

  const locationOf = (): Parameters<typeof migrate>[0] => ({
    ...{ url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 },
  });

  /** Adds a host. @returns its own address of the database. */
  async function add(): Promise<string> {
    const name = `Build-${randomBytes(4).toString('hex')}`;
    const { role, password } = await addHost(connection, name);
    added.push(name);
    return Object.assign(new URL(url), { username: role, password }).href;
  }

  /** Has the policies name another group, which has its rights, while the one of before keeps those that it had. */
  async function leave(): Promise<void> {
    const [before] = await runSql(
      url,
      `SELECT r.rolname AS name FROM pg_policy p JOIN pg_roles r ON p.polroles = ARRAY[r.oid]
        WHERE p.polrelid = CAST('histories' AS regclass) AND p.polname = 'own_host'`,
    );
    const other = `hermes_sessions_hosts_${randomBytes(4).toString('hex')}`;
    await runSql(url, `CREATE ROLE ${other}`);
    for (const table of ['histories', 'session_counts'])
      await runSql(url, `ALTER POLICY own_host ON ${table} TO ${other}`);
    for (const group of [String(before?.name), other])
      await runSql(url, `GRANT SELECT, INSERT, UPDATE, DELETE ON session_counts TO ${group}`);
  }

  const count = (own: string): Promise<unknown> => runSql(own, 'UPDATE session_counts SET entries = 1');

  beforeEach(async () => {
    url = await createDatabase();
    connection = new PostgresConnection(locationOf());
  });

  afterEach(async () => {
    for (const name of added.splice(0)) await removeHost(connection, name, 'keep');
    await connection.close();
  });

  it('may do nothing more once a host is added', async () => {
    const own = await add();
    await leave();
    await count(own);
    const late = await add();
    for (const host of [own, late]) {
      await expect(count(host)).rejects.toThrow('permission denied');
      expect(await runSql(host, 'SELECT FROM session_counts')).toEqual([]);
    }
  });

  it('writes no counts after the step that keeps them from hosts', async () => {
    const own = await add();
    await takeBack(url, 'BoundWhatIsAddedUp1765252000000');
    await leave();
    await count(own);
    await migrate(locationOf());
    await expect(count(own)).rejects.toThrow('permission denied');
    expect(await runSql(own, 'SELECT FROM session_counts')).toEqual([]);
  });
});
