import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Cluster } from '../test/setup/postgres-cluster.js';
import { SEARCH_WORDS } from './histories/prose.js';
import { crowdLatency, throughput } from './load.js';
import { writePlans } from './plans.js';
import type { Result } from './report.js';
import { ServerProcess } from './servers.js';
import { LIST, measureReads, measureSearch, type Effort } from './works.js';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Upper limits for PostgreSQL, in milliseconds; other measurements have none. */
const BARS: Readonly<Record<string, number>> = {
  'list of 20, computed anew': 5,
  'one session': 5,
  '50 messages at the start of 5,000': 5,
  '50 messages in the middle of 5,000': 5,
  '50 messages at the end of 5,000': 5,
  'search, rare word': 80,
  'search, word in 2 % of messages, four callers': 80,
  'search, word in 60 % of messages, four callers': 1000,
  'search, a phrase, four callers': 300,
};

/** A common and a rare word: every message with both is a candidate. */
const PHRASE = `"${SEARCH_WORDS.common} ${SEARCH_WORDS.occasional}"`;

/** Number of concurrent searchers. */
const CALLERS = 4;

/** Concurrent searches. The callers share the machine's cores with the database and the server. */
async function measureCrowd(server: ServerProcess, { rounds, seconds }: Effort): Promise<readonly Result[]> {
  const works = [
    ['search, word in 2 % of messages', SEARCH_WORDS.occasional],
    ['search, word in 60 % of messages', SEARCH_WORDS.common],
    ['search, a phrase', PHRASE],
  ] as const;
  const results: Result[] = [];
  for (const [work, text] of works) {
    const url = `${server.url}${LIST}&search=${encodeURIComponent(text)}`;
    const { p50, p99 } = await crowdLatency(url, CALLERS, rounds * seconds);
    results.push({ work: `${work}, four callers, p50`, value: p50, unit: 'ms', tail: p99 });
  }
  return results;
}

/**
 * Ships a history to a temporary PostgreSQL, and measures servers on it.
 * @param plans file to write the query plans to.
 */
export async function measurePostgres(
  stateDb: string,
  effort: Effort,
  plans?: string,
): Promise<readonly Result[]> {
  const database = await startDatabase();
  const settings = { DATABASE_URL: database.url, ANSWER_CACHE_MB: '0' };
  try {
    const sent = await ship(stateDb, database.url);
    if (plans !== undefined) await writePlans(database.url, plans);
    const server = await ServerProcess.ours(stateDb, settings);
    const reads = [...(await measureReads(server, effort)), ...(await measureSearch(server, effort))];
    const crowd = await measureCrowd(server, effort);
    const alone = await throughput(`${server.url}${LIST}`, effort.seconds);
    const second = await ServerProcess.ours(stateDb, settings);
    const both = await Promise.all(
      [server, second].map(({ url }) => throughput(`${url}${LIST}`, effort.seconds)),
    );
    await Promise.all([server.stop(), second.stop()]);
    return [
      sent,
      ...[...reads, ...crowd].map((result) => withBar(result)),
      { work: 'list of 20, one server', value: alone, unit: 'requests/s' },
      {
        work: 'list of 20, two servers ÷ one',
        bar: '≥ 1.6 × where cores are left',
        value: both.reduce((sum, one) => sum + one, 0) / alone,
        unit: '×',
        // No limit: the client, the database and two servers share the cores.
      },
    ].map((result) => ({ ...result, work: `PostgreSQL: ${result.work}` }));
  } finally {
    await database.stop();
  }
}

function withBar({ work, value, unit, tail }: Result): Result {
  const atMost = BARS[work.replace(/, p50$/, '')];
  return {
    work,
    value,
    unit,
    tail,
    ...(atMost === undefined ? {} : { bar: `≤ ${atMost} ms`, limit: { atMost } }),
  };
}

/** Measures the first load with the command line, as an operator runs it. */
async function ship(stateDb: string, url: string): Promise<Result> {
  const db = new Sqlite(stateDb, { readonly: true });
  const messages = Number(db.prepare('SELECT count(*) FROM messages').pluck().get());
  db.close();
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    // The built command, as it is installed.
    [resolve(ROOT, 'dist/cli.js'), 'ship', '--once', '--origin', 'bench', '--state-db', stateDb],
    { env: { PATH: process.env.PATH ?? '', DATABASE_URL: url, LOG_LEVEL: 'error' }, stdio: 'inherit' },
  );
  const code = await new Promise((done) => child.once('close', done));
  if (code !== 0) throw new Error(`ship ended with ${String(code)}`);
  const value = (1000 * messages) / (performance.now() - begun);
  return {
    work: 'first load by ship, its start included',
    bar: '≥ 20,000 messages/s',
    value,
    unit: 'messages/s',
    limit: { atLeast: 20_000 },
  };
}

/** A typical configuration for a machine with several GB of memory. */
const SETTINGS = { shared_buffers: '2GB', max_wal_size: '8GB', maintenance_work_mem: '512MB' };

/** The tests' cluster, which is not compiled into the benchmark. */
async function startDatabase(): Promise<Cluster> {
  const { startCluster } = (await import(
    resolve(ROOT, 'test/setup/postgres-cluster.js')
  )) as typeof import('../test/setup/postgres-cluster.js');
  return startCluster(SETTINGS);
}
