import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { createEmptyDatabase, runSql } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';
import { until } from '../support/wait.js';

describe('a database that is restored from a backup below a server', () => {
  /** Titles and pins of the list, which a server keeps while nothing changes. */
  const listed = async (server: TestServer): Promise<unknown> => {
    const { data } = await server.json<SessionListResponse>('/v1/sessions');
    return data.map(({ id, title, pinned }) => [id, title, pinned]);
  };

  it('is answered from as it is, also where as much has changed since', async () => {
    const host = await ShippedHost.start(smallHistory(25));
    await host.offline();
    const address = new URL(host.url);
    const name = address.pathname.slice(1);
    const backup = new URL(await createEmptyDatabase(name)).pathname.slice(1);
    const server = await TestServer.onDatabase(host.url);
    expect((await server.patch('/v1/sessions/plain', { title: 'Of after the backup' })).status).toBe(200);
    const before = await listed(server);
    expect(await listed(server)).toEqual(before);
    address.pathname = '/postgres';
    await runSql(address.href, `DROP DATABASE ${name} WITH (FORCE)`);
    await runSql(address.href, `CREATE DATABASE ${name} TEMPLATE ${backup}`);
    await until(async () => (await server.patch('/v1/sessions/chain-3', { pinned: true })).status === 200);
    const fresh = await TestServer.onDatabase(host.url);
    expect(await listed(server)).toEqual(await listed(fresh));
    expect(await listed(server)).not.toEqual(before);
  });
});
