import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { randomNumbers } from '../../src/demo/random-numbers.js';
import { smallHistory } from '../support/histories.js';
import { atLength, SEED } from '../support/rounds.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { until } from '../support/wait.js';
import { KillRun } from '../soak/kills.js';
import { soak } from '../soak/soak.js';

const MODES = ['wal', 'delete'] as const;

type Modes = readonly (typeof MODES)[number][];

describe('beside an agent', () => {
  it.each(atLength<Modes>(MODES, ['wal']))(
    'in %s mode nothing is lost or told wrong, and the agent is not kept waiting, though the server is killed',
    async (mode) => {
      const report = await soak({
        folder: temporaryFolder(),
        mode,
        sessions: 800,
        seconds: atLength(20, 3),
        pause: 20,
        killEvery: atLength(8, 1.5),
        seed: SEED,
      });
      process.stdout.write(
        `${mode}: ${report.waits.count} transactions, at most ${report.waits.most.toFixed(0)} ms (alone ${report.alone.most.toFixed(0)} ms)\n`,
      );
      expect(report.problems).toEqual([]);
      expect(report.kills).toBeGreaterThan(0);
      expect(report.waits.count).toBeGreaterThan(0);
      expect(report.requests['read 200']).toBeGreaterThan(0);
      expect(report.requests['rename 200']).toBeGreaterThan(0);
      expect(report.sessionsCompared).toBeGreaterThan(500);
    },
  );

  it.each(atLength<Modes>(MODES, ['delete']))(
    'in %s mode a server that is killed in the middle of changes leaves every session whole or gone',
    async (mode) => {
      const path = join(temporaryFolder(), 'state.db');
      const report = await new KillRun(path, mode, randomNumbers(SEED)).run(atLength(30, 4));
      expect(report.problems).toEqual([]);
      expect(report.underWay).toBeGreaterThan(0);
      expect(report.deleted).toBeGreaterThan(0);
    },
  );
});

/** How long an answer takes while no changes wait, in milliseconds. */
async function timeOfRead(server: TestServer): Promise<number> {
  const begin = performance.now();
  for (let reads = 0; reads < 20; reads++) await server.get('/v1/sessions?limit=5');
  return (performance.now() - begin) / 20;
}

/** How often a server has tried again because somebody held the lock. */
async function retriesOf(server: TestServer): Promise<number> {
  const { text } = await server.get('/metrics').buffer(true);
  return Number(/^hermes_sessions_store_busy_retries_total\{[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

describe.each(MODES)('while an agent holds the lock in %s mode', (mode) => {
  let writer: HistoryWriter;
  let server: TestServer;

  beforeEach(async () => {
    const path = smallHistory(25, mode);
    writer = HistoryWriter.open(path);
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterEach(async () => {
    if (writer.db.inTransaction) writer.db.exec('ROLLBACK');
    writer.close();
    await server.close();
  });

  it('a change is tried again until the lock is free', async () => {
    writer.db.exec("BEGIN IMMEDIATE; UPDATE sessions SET title = 'By the agent' WHERE id = 'branch'");
    const rename = server.patch('/v1/sessions/plain', { title: 'By a client' }).then(({ status }) => status);
    expect((await server.get('/v1/sessions')).status).toBe(200);
    await until(async () => (await retriesOf(server)) > 0, 'Another try');
    writer.db.exec('COMMIT');
    expect(await rename).toBe(200);
    expect(await server.json('/v1/sessions/branch')).toMatchObject({ title: 'By the agent' });
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'By a client' });
  });

  it('and does not let go, changes answer 503 store_busy, change nothing, and keep no reader waiting', async () => {
    const alone = await timeOfRead(server);
    writer.db.exec('BEGIN IMMEDIATE');
    const begin = performance.now();
    const answered = new AbortController();
    const changes = Promise.all([
      ...Array.from({ length: 20 }, (_, at) => server.patch('/v1/sessions/plain', { title: `Title ${at}` })),
      server.delete('/v1/sessions/branch'),
    ]).finally(() => {
      answered.abort();
    });
    let reads = 0;
    while (!answered.signal.aborted) {
      expect((await server.get('/v1/sessions?limit=5')).status).toBe(200);
      reads++;
    }
    for (const { status, body, headers } of await changes) {
      expect(status).toBe(503);
      expect(body).toMatchObject({ error: { type: 'service_unavailable', code: 'store_busy' } });
      expect(headers['retry-after']).toBe('1');
    }
    // Changes that held the event loop while they wait for the lock would let a read pass between one try and the next. A busy machine reads less.
    expect(reads).toBeGreaterThan(Math.min(42, (performance.now() - begin) / (10 * alone)));
    writer.db.exec('ROLLBACK');
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Garden irrigation' });
    expect(await server.json('/v1/sessions/branch')).toMatchObject({ title: 'A branch' });
  });
});
