import { jest } from '@jest/globals';
import pg from 'pg';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { createDatabase, runSql } from '../support/database.js';
import { smallHistory, withManySessions } from '../support/histories.js';
import { serverWithLog } from '../support/log.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

describe('many hosts of one database', () => {
  const sendAll = async (stateDb: string, url: string, origin: string): Promise<void> => {
    const shipper = await TestShipper.start(testSettings({ STATE_DB: stateDb }), url, origin);
    await shipper.settled();
    await shipper.stop();
  };
  /** What the database believes to have, from when it last looked at all of it. */
  const believed = async (url: string): Promise<unknown> => {
    const [row] = await runSql(url, `SELECT reltuples FROM pg_class WHERE relname = 'sessions'`);
    return row?.reltuples;
  };
  const loaded = async (url: string): Promise<unknown> => {
    const [row] = await runSql(url, 'SELECT count(*)::int AS hosts FROM histories WHERE is_loaded');
    return row?.hosts;
  };

  it('is looked at for the hosts that bring much, and not for those that bring little', async () => {
    const url = await createDatabase();
    await sendAll(withManySessions(smallHistory(25), 300), url, 'large');
    expect(await believed(url)).toBe(313);
    await sendAll(smallHistory(25), url, 'small');
    expect(await believed(url)).toBe(313);
    await sendAll(withManySessions(smallHistory(25), 300), url, 'as-large');
    expect(await believed(url)).toBe(639);
    expect(await loaded(url)).toBe(3);
  });

  it('are named in the audit log, since sessions of several have one id', async () => {
    const url = await createDatabase();
    for (const origin of ['alpha', 'beta']) await sendAll(smallHistory(25), url, origin);
    const { server, log } = await serverWithLog({ DATABASE_URL: url });
    await server.patch('/v1/sessions/plain?origin=beta', { title: 'At one of two' }).expect(200);
    await server
      .post('/v1/sessions/bulk', { action: 'archive', ids: ['plain'], origin: 'alpha' })
      .expect(200);
    await server.delete('/v1/sessions/plain?origin=beta').expect(200);
    await server.close();
    const audited = log.filter(({ audit }) => audit === true);
    expect(audited.map(({ action, profile, origin }) => [action, profile, origin])).toEqual([
      ['rename', 'default', 'beta'],
      ['archive', 'default', 'alpha'],
      ['delete', 'default', 'beta'],
    ]);
  });

  it('takes in histories whose version is no number of that kind', async () => {
    const url = await createDatabase();
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.db.exec('UPDATE schema_version SET version = 31.5');
    writer.close();
    await sendAll(path, url, 'odd');
    expect(await loaded(url)).toBe(1);
  });

  it('lets small hosts in while somebody holds the lock that changes its layout', async () => {
    const url = await createDatabase();
    await sendAll(withManySessions(smallHistory(25), 300), url, 'large');
    const holder = new pg.Client(url);
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT pg_advisory_xact_lock($1)', [0x6865_726d_6573]);
    await Promise.all(
      ['one', 'two', 'three'].map((origin) => sendAll(smallHistory(25), url, `small-${origin}`)),
    );
    await holder.end();
    expect(await loaded(url)).toBe(4);
  });

  it('says for how long an agent is in the middle of something, whatever the clock of its host says', async () => {
    const path = smallHistory(25);
    const hostNow = Date.now() / 1000 - 3600;
    const writer = HistoryWriter.open(path);
    writer.db
      .prepare(
        "INSERT INTO session_turn_leases (conversation_id, holder, acquired_at, expires_at) VALUES ('plain', 'agent', 1, ?)",
      )
      .run(hostNow + 300);
    writer.close();
    const url = await createDatabase();
    const server = await TestServer.onDatabase(url);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(hostNow * 1000);
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    await until(async () => (await runSql(url, 'SELECT session_id FROM leases')).length > 0);
    clock.mockRestore();
    expect((await server.delete('/v1/sessions/plain')).body).toMatchObject({
      error: { code: 'session_busy' },
    });
    await shipper.stop();
  });
});
