import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { HermesSessions } from '../../client/src/index.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { flushedPosition, replayedPosition } from '../../src/stores/postgres/connection/log-position.js';
import { migrate } from '../../src/stores/postgres/connection/migrations.js';
import { OpenDatabase, type Way } from '../../src/stores/postgres/connection/open-database.js';
import { Replicas } from '../../src/stores/postgres/connection/replicas.js';
import { startCluster, type Cluster } from '../setup/postgres-cluster.js';
import { runSql } from '../support/database.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { keyFileWith } from '../support/people.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { Standby } from '../support/standby.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

/** A server whose log standbys can follow. */
const FOLLOWED = { wal_level: 'replica', max_wal_senders: '5', fsync: 'off', max_connections: '300' };

const ONE_STATEMENT: Way = {
  begin: () => Promise.resolve(),
  end: () => Promise.resolve(),
  undo: () => Promise.resolve(),
};

/** Bytes of a file of the log, where nobody asked for others. */
const SEGMENT = 2n ** 24n;

/** Long enough to be exported in several parts. */
const MANY = 3000;

describe('a standby that is behind', () => {
  let cluster: Cluster;
  let standby: Standby;
  let server: TestServer;
  let shipper: TestShipper;
  let path: string;

  const serve = (environment = {}): Promise<TestServer> =>
    TestServer.onDatabase(cluster.url, {
      DATABASE_REPLICA_URLS: standby.to(cluster.url),
      ANSWER_CACHE_MB: '0',
      ...environment,
    });
  const onStandby = (sql: string): Promise<readonly Record<string, unknown>[]> =>
    runSql(standby.to(cluster.url), sql);
  const titleAt = async (asked: TestServer, headers = {}): Promise<unknown> =>
    ((await asked.get('/v1/sessions/plain').set(headers)).body as { title: unknown }).title;
  const open = (url: string): Promise<OpenDatabase> =>
    OpenDatabase.open({ url, poolSize: 2, timeLimit: 10_000 }, () => undefined);
  /** Waits until the standby has all that the other one has. */
  const level = async (): Promise<void> => {
    const [written] = await runSql(cluster.url, 'SELECT pg_current_wal_flush_lsn()::text AS place');
    await until(async () => {
      const [row] = await onStandby(`SELECT pg_last_wal_replay_lsn() >= '${String(written?.place)}' AS is`);
      return row?.is === true;
    });
  };

  beforeAll(async () => {
    cluster = await startCluster(FOLLOWED);
    await migrate({ url: cluster.url, replicaUrls: [], poolSize: 2, timeLimit: 10_000 });
    path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      writer.addSession({ id: 'long', source: 'cli', started_at: hour(40) });
      for (let at = 0; at < MANY; at++) say(writer, 'long', 'user', `Message ${at}`, hour(40) + at);
    });
    writer.close();
    shipper = await TestShipper.start(testSettings({ STATE_DB: path }), cluster.url);
    await shipper.settled();
    standby = await Standby.of(cluster.url);
  });

  beforeEach(async () => {
    await level();
    await onStandby('SELECT pg_wal_replay_pause()');
    server = await serve();
  });

  afterEach(async () => {
    await onStandby('SELECT pg_wal_replay_resume()');
    await server.close();
  });

  afterAll(async () => {
    await shipper.stop();
    await standby.stop();
    await cluster.stop();
  });

  it('is not read by whoever changed something, and by everybody else', async () => {
    const before = await titleAt(server);
    const keys = keyFileWith({ name: 'other' });
    const both = await serve({ KEYS_FILE: keys.path });
    const other = both.as(keys.token);
    expect((await both.patch('/v1/sessions/plain', { title: 'Changed meanwhile' })).status).toBe(200);
    expect(await titleAt(both)).toBe('Changed meanwhile');
    expect(await both.json('/v1/sessions?limit=200')).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ id: 'plain', title: 'Changed meanwhile' })]),
    });
    expect(await titleAt(other)).toBe(before);
    await onStandby('SELECT pg_wal_replay_resume()');
    await until(async () => (await titleAt(other)) === 'Changed meanwhile');
    await both.close();
  });

  it('is read again once it has what was changed', async () => {
    await server.patch('/v1/sessions/plain', { title: 'Replayed' });
    await onStandby('SELECT pg_wal_replay_resume()');
    await level();
    await onStandby('SELECT pg_wal_replay_pause()');
    const scans = async (): Promise<number> => {
      const [row] = await onStandby(
        "SELECT xact_commit::int AS commits FROM pg_stat_database WHERE datname = 'postgres'",
      );
      return Number(row?.commits);
    };
    const before = await scans();
    await until(async () => {
      expect(await titleAt(server)).toBe('Replayed');
      // Each look at the numbers is a transaction of its own.
      return (await scans()) > before + 100;
    });
  });

  it('shows nobody again what they have deleted', async () => {
    await server.delete('/v1/sessions/renamed');
    expect((await server.get('/v1/sessions/renamed')).status).toBe(404);
    expect((await server.post('/v1/sessions/bulk', { action: 'archive', ids: ['plain'] })).status).toBe(200);
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ archived: true });
    expect((await server.post('/v1/sessions/bulk', { action: 'unarchive', ids: ['plain'] })).status).toBe(
      200,
    );
  });

  it('is not read at another server by whoever hands back how far they were', async () => {
    const other = await serve();
    const before = await titleAt(other);
    const changed = await server.patch('/v1/sessions/plain', { title: 'Changed at one of two' });
    const position = String(changed.get('Read-Position'));
    expect(position).toMatch(/^[0-9a-f]+$/);
    expect(await titleAt(other)).toBe(before);
    expect(await titleAt(other, { 'Read-Position': position })).toBe('Changed at one of two');
    // It was said of one request.
    expect(await titleAt(other)).toBe(before);
    expect((await other.get('/v1/sessions/plain').set({ 'Read-Position': 'tomorrow' })).status).toBe(200);
    expect((await other.get('/v1/sessions/plain')).get('Read-Position')).toBeUndefined();
    await other.close();
  });

  it('shows nobody less than the events that they have heard', async () => {
    const other = await serve();
    const before = await titleAt(other);
    const listener = await TestListener.to(server, '/v1/sessions/events');
    await other.patch('/v1/sessions/plain', { title: 'Told by an event' });
    await listener.until((events) => events.some(({ session }) => session?.title === 'Told by an event'));
    expect(await titleAt(server)).toBe('Told by an event');
    const third = await serve();
    expect(await titleAt(third)).toBe(before);
    const told = listener.heard.find(({ session }) => session?.title === 'Told by an event');
    expect(await titleAt(third, { 'Read-Position': told?.read_position })).toBe('Told by an event');
    listener.leave();
    await other.close();
    await third.close();
  });

  it('shows whoever begins to listen nothing that they will not be told of', async () => {
    const changing = await serve();
    await changing.patch('/v1/sessions/plain', { title: 'Before anybody listened' });
    const listener = await TestListener.to(server, '/v1/sessions/events');
    expect(await titleAt(server)).toBe('Before anybody listened');
    listener.leave();
    await changing.close();
  });

  it('shows users of the client what they did and heard, whichever server they ask next', async () => {
    const other = await serve();
    const baseUrls = await Promise.all([server, other].map(({ app }) => app.getUrl()));
    const asked: string[] = [];
    // As a balancer does that gives each server every second request.
    const history = new HermesSessions({
      baseUrl: 'http://history.example.com',
      key: TEST_KEY,
      fetch: (request) => {
        const at = baseUrls[asked.length % 2] ?? '';
        asked.push(at);
        return fetch(new Request(request.url.replace('http://history.example.com', at), request));
      },
    });
    await history.update('plain', { title: 'By the client' });
    for (const _ of baseUrls) expect(await history.get('plain')).toMatchObject({ title: 'By the client' });
    const events = history.events();
    const next = events.next();
    await history.list();
    const changing = await serve();
    await until(() => asked.length > 4);
    await changing.patch('/v1/sessions/plain', { title: 'By somebody else' });
    await next;
    for (const _ of baseUrls) expect(await history.get('plain')).toMatchObject({ title: 'By somebody else' });
    await events.return(undefined);
    await changing.close();
    await other.close();
  });

  it('is not read, which is said once, while it does not follow, and is read again once it has caught up', async () => {
    const main = await open(cluster.url);
    const replicas = new Replicas(
      [standby.to(cluster.url)],
      open,
      () => flushedPosition(main.dataSource.manager),
      { interval: 20, behind: 300 },
    );
    const isRead = async (): Promise<boolean> => {
      const read = await replicas.begin(ONE_STATEMENT, undefined);
      await read?.runner.release();
      return read !== undefined;
    };
    const said = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const warnings = (): readonly unknown[] =>
      said.mock.calls.filter(([text]) => /is not read/.test(String(text)));
    // Its first connection may take longer to open than it may be behind.
    expect(await isRead()).toBe(true);
    replicas.watch();
    await server.patch('/v1/sessions/plain', { title: 'Not replayed' });
    await until(async () => !(await isRead()));
    expect(replicas.behind).toEqual([
      { name: new URL(standby.to(cluster.url)).host, behindSeconds: expect.any(Number) },
    ]);
    expect(replicas.behind[0]?.behindSeconds).toBeGreaterThan(0.3);
    await until(() => (replicas.behind[0]?.behindSeconds ?? 0) > 1);
    expect(warnings()).toHaveLength(1);
    await onStandby('SELECT pg_wal_replay_resume()');
    await until(isRead);
    said.mockRestore();
    await replicas.close();
    await main.dataSource.destroy();
  });

  it('is level with a database that has begun a segment of its log, and written nothing into it', async () => {
    await onStandby('SELECT pg_wal_replay_resume()');
    const [main, following] = await Promise.all([open(cluster.url), open(standby.to(cluster.url))]);
    // What somebody else writes meanwhile leaves the beginning, which is begun anew then.
    await until(async () => {
      await runSql(cluster.url, 'SELECT pg_switch_wal()');
      const flushed = await flushedPosition(main.dataSource.manager);
      const replayed = await replayedPosition(following.dataSource.manager);
      return flushed !== undefined && flushed % SEGMENT === 0n && replayed === flushed;
    });
    await Promise.all([main, following].map(({ dataSource }) => dataSource.destroy()));
  });

  it('is told of in the metrics', async () => {
    const behind = async (): Promise<string | undefined> => {
      const { text } = await server.get('/metrics').buffer(true);
      return /^hermes_sessions_standby_behind_seconds\{standby="127\.0\.0\.1:\d+"\} (\S+)$/m.exec(text)?.[1];
    };
    await until(async () => Number(await behind()) >= 0);
  });

  it('gives no part of what is long', async () => {
    await server.patch('/v1/sessions/long', { title: 'Long' });
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      for (let at = 0; at < MANY; at++) say(writer, 'long', 'user', `Later ${at}`, hour(50) + at);
    });
    writer.close();
    await shipper.settled();
    await server.patch('/v1/sessions/long', { title: 'Longer' });
    const { text } = await server.get('/v1/sessions/long/export?format=jsonl').buffer(true);
    expect(text.match(/Later \d+/g)).toHaveLength(MANY);
  });
});
