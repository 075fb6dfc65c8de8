import { copyFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { HistoryWriter } from '../src/demo/state-db/history-writer.js';
import { measureAgents } from './agents.js';
import { AgentProcess, type Committed } from './agent-process.js';
import { measureEvents } from './events.js';
import { LONG_SESSION, LONG_SESSION_MESSAGES } from './histories/history.js';
import { SEARCH_WORDS } from './histories/prose.js';
import { measureAgentsBesideImport } from './imports.js';
import { Caller, latency, latencyOf, median, throughput, type Latency } from './load.js';
import type { Result } from './report.js';
import { ServerProcess } from './servers.js';

/** The path that most measurements use. */
export const LIST = '/v1/sessions?limit=20';

/** The extent of the measurements. */
export interface Effort {
  readonly rounds: number;
  /** Seconds per measurement. */
  readonly seconds: number;
}

/** The servers of a run, all on the same file. */
interface Servers {
  /** With default settings. */
  readonly ours: ServerProcess;
  /** Without the answer cache, so that each answer is computed. */
  readonly uncached: ServerProcess;
  readonly bare: ServerProcess;
  readonly naive: ServerProcess;
}

/** Measures everything on one history. */
export async function measureAll(stateDb: string, effort: Effort): Promise<readonly Result[]> {
  const servers: Servers = {
    ours: await ServerProcess.ours(stateDb),
    uncached: await ServerProcess.ours(stateDb, { ANSWER_CACHE_MB: '0' }),
    bare: await ServerProcess.peer('bare', stateDb),
    naive: await ServerProcess.peer('naive', stateDb),
  };
  try {
    return [
      ...(await measureThroughput(servers, effort)),
      ...(await measureReads(servers.uncached, effort)),
      ...(await measureHermesLists(servers.uncached, effort)),
      ...(await measureSearch(servers.uncached, effort)),
      ...(await measureAgents(servers.uncached, effort)),
      await measureListsDuringSearch(servers.uncached, effort),
      {
        work: 'start to ready',
        bar: '≤ 3,000 ms',
        value: servers.uncached.readyAfter,
        unit: 'ms',
        limit: { atMost: 3000 },
      },
      {
        work: 'memory, most of both servers through all of this',
        bar: '≤ 350 MB',
        value: Math.max(servers.ours.peakMemory(), servers.uncached.peakMemory()) * 1.048576,
        unit: 'MB',
        limit: { atMost: 350 },
      },
    ];
  } finally {
    for (const server of Object.values(servers) as ServerProcess[]) await server.stop();
  }
}

/** The cost of the naive server grows with the history, so the bar holds for the size for which it was set. */
const NAIVE_RATIO = 300;

/** Measures in turns, so that a slow moment of the machine affects all servers. */
async function measureThroughput(servers: Servers, { rounds, seconds }: Effort): Promise<readonly Result[]> {
  const figures = {
    noop: [] as number[],
    cached: [] as number[],
    computed: [] as number[],
    bare: [] as number[],
    countedOnce: [] as number[],
    naive: [] as number[],
  };
  // Warm-up: the first requests are slow in every server, until its code is compiled.
  for (const server of [servers.ours, servers.uncached, servers.bare])
    await throughput(`${server.url}${LIST}`, 1);
  await throughput(`${servers.ours.url}/livez`, 1);
  for (let round = 0; round < rounds; round++) {
    figures.noop.push(await throughput(`${servers.ours.url}/livez`, seconds));
    figures.cached.push(await throughput(`${servers.ours.url}${LIST}`, seconds));
    figures.bare.push(await throughput(`${servers.bare.url}${LIST}`, seconds));
    figures.countedOnce.push(await throughput(`${servers.bare.url}${LIST}&counted=once`, seconds));
    figures.computed.push(await throughput(`${servers.uncached.url}${LIST}`, seconds));
    const naive = await latency(`${servers.naive.url}${LIST}`, 0, 3);
    figures.naive.push(1000 / naive.p50);
  }
  const noop = median(figures.noop);
  const cached = median(figures.cached);
  const computed = median(figures.computed);
  const bare = median(figures.bare);
  const countedOnce = median(figures.countedOnce);
  const naive = median(figures.naive);
  const perSecond = (work: string, value: number): Result => ({ work, value, unit: 'requests/s' });
  const ratio = (work: string, value: number, bar: string, atLeast: number): Result => ({
    work,
    bar,
    value,
    unit: '×',
    limit: { atLeast },
  });
  return [
    perSecond('do-nothing route of the same app', noop),
    perSecond('list of 20, store unchanged', cached),
    perSecond('list of 20, computed anew each time', computed),
    perSecond('list of 20 by bare Fastify and SQL by hand', bare),
    perSecond('the same, with totals that were counted at its start', countedOnce),
    perSecond('list of 20 by the naive server, one caller', naive),
    ratio('list of 20, store unchanged ÷ do-nothing route', cached / noop, '≥ 0.6 ×', 0.6),
    ratio('list of 20, computed anew ÷ bare Fastify', computed / bare, '≥ 0.9 ×', 0.9),
    {
      work: 'list of 20, computed anew ÷ bare Fastify that counted at its start',
      value: computed / countedOnce,
      unit: '×',
    },
    ratio(
      'list of 20, computed anew ÷ naive server',
      computed / naive,
      '≥ 300 × on 55,000 sessions',
      NAIVE_RATIO,
    ),
  ];
}

/** Measures reads of every kind. */
export async function measureReads(server: ServerProcess, effort: Effort): Promise<readonly Result[]> {
  const middle = await cursorInto(server, LONG_SESSION_MESSAGES / 2);
  const messages = `/v1/sessions/${LONG_SESSION}/messages?limit=50`;
  const works: readonly (readonly [work: string, path: string, atMost: number])[] = [
    ['list of 20, computed anew', LIST, 2],
    ['list, platform', `${LIST}&platform=cli`, 3],
    ['list, since and until', `${LIST}&since=2026-04-20&until=2026-04-25`, 3],
    ['list, archived', `${LIST}&archived=true`, 3],
    ['list, user_id', `${LIST}&user_id=user-3`, 3],
    ['list, page 2,000 by cursor', `${LIST}&after=${await deepCursor(server)}`, 2],
    ['one session', `/v1/sessions/${LONG_SESSION}`, 2],
    ['50 messages at the start of 5,000', messages, 2],
    ['50 messages in the middle of 5,000', `${messages}&after=${middle}`, 2],
    ['50 messages at the end of 5,000', `${messages}&order=desc`, 2],
    ['statistics of all sessions', '/v1/sessions/stats?time_zone=Europe/Berlin', 50],
    ["list of 50 in Hermes's shape", '/api/sessions?limit=50', 50],
  ];
  const results: Result[] = [];
  for (const [work, path, atMost] of works) {
    results.push(p50(work, await medianLatency(`${server.url}${path}`, effort), atMost));
  }
  return results;
}

/** The cheapest route that needs a key. */
const KEYED = '/v1/capabilities';

/** Lists in the formats of Hermes's own servers, each measured right after the cheapest route with a key: the difference is the cost of the list. */
async function measureHermesLists(
  server: ServerProcess,
  { rounds, seconds }: Effort,
): Promise<readonly Result[]> {
  const lists: readonly (readonly [work: string, path: string])[] = [
    ["list of 20 of Hermes's API server", '/api/sessions?limit=20'],
    ["list of 20 of Hermes's API server, platform", '/api/sessions?limit=20&source=cli'],
    ["list of 20 of Hermes's dashboard", '/dashboard/api/sessions?limit=20&order=recent'],
  ];
  const results: Result[] = [];
  for (const [work, path] of lists) {
    const beyond: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const asked = await latency(`${server.url}${KEYED}`, seconds / 2);
      const listed = await latency(`${server.url}${path}`, seconds / 2);
      beyond.push(listed.p50 - asked.p50);
    }
    results.push({
      work: `${work}, beyond a small route with a key, p50`,
      bar: '≤ 0.8 ms',
      value: median(beyond),
      unit: 'ms',
      limit: { atMost: 0.8 },
    });
  }
  return results;
}

/** Measures searches from rare to common words. */
export async function measureSearch(server: ServerProcess, effort: Effort): Promise<readonly Result[]> {
  const works: readonly (readonly [work: string, text: string, atMost: number])[] = [
    ['search, rare word', SEARCH_WORDS.rare, 8],
    ['search, word in 2 % of messages', SEARCH_WORDS.occasional, 40],
    ['search, word in 60 % of messages', SEARCH_WORDS.common, 1200],
    ['search, Chinese in 1 % of messages', SEARCH_WORDS.chinese, 40],
  ];
  const results: Result[] = [];
  for (const [work, text, atMost] of works) {
    const url = `${server.url}${LIST}&search=${encodeURIComponent(text)}`;
    results.push(p50(work, await medianLatency(url, effort), atMost));
  }
  return results;
}

/** Measures lists every 10 ms during continuous searches for the most common word. */
async function measureListsDuringSearch(server: ServerProcess, effort: Effort): Promise<Result> {
  const search = { goesOn: true };
  const searcher = new Caller();
  const searches = (async () => {
    while (search.goesOn) await searcher.get(`${server.url}${LIST}&search=${SEARCH_WORDS.common}`);
  })();
  const lists = await pacedLatency(`${server.url}${LIST}`, Math.max(3, effort.seconds * effort.rounds), 10);
  search.goesOn = false;
  await searches;
  searcher.close();
  return p99('list, while the most common word is searched', lists, 25);
}

/** Measures lists beside an agent that commits 50 messages a second, and checks that each message is in the next answer. */
export async function measureBesideAgent(
  stateDb: string,
  folder: string,
  { rounds, seconds }: Effort,
): Promise<readonly Result[]> {
  const copy = resolve(folder, 'beside-agent.db');
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true });
  copyFileSync(stateDb, copy);
  const server = await ServerProcess.ours(copy);
  const flags = await measureOwnFlags(server, copy);
  const events = await measureEvents(server, copy);
  const agent = AgentProcess.start(copy, 50);
  const lists = await pacedLatency(`${server.url}${LIST}`, Math.max(4, rounds * seconds), 10);
  const missed = await countMissed(server, agent.committed, 200);
  await agent.stop();
  const imports = await measureAgentsBesideImport(server, copy);
  await server.stop();
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true });
  return [
    { ...p50('list beside 50 commits a second', lists, 4) },
    { ...p99('list beside 50 commits a second', lists, 25) },
    {
      work: "an agent's own archive flag reaches the totals, longest of 20",
      bar: '≤ 500 ms',
      value: Math.max(...flags),
      unit: 'ms',
      limit: { atMost: 500 },
    },
    events,
    ...imports,
    {
      work: 'messages not in the next answer, of 200',
      bar: '0',
      value: missed,
      unit: '',
      limit: { atMost: 0 },
    },
  ];
}

/** Archives old sessions like an agent does, and measures the time until the totals show it. */
async function measureOwnFlags(server: ServerProcess, path: string): Promise<readonly number[]> {
  const agent = HistoryWriter.open(path);
  const rowids = agent.db
    .prepare<[], number>(
      'SELECT rowid FROM sessions WHERE archived = 0 AND parent_session_id IS NULL ORDER BY started_at LIMIT 20',
    )
    .pluck()
    .all();
  const caller = new Caller();
  const archivedTotal = async (): Promise<number> => {
    const { body } = await caller.get(`${server.url}/v1/sessions?limit=1&archived=true`);
    return (JSON.parse(body) as { total: number }).total;
  };
  const times: number[] = [];
  for (const rowid of rowids) {
    const before = await archivedTotal();
    agent.db.prepare('UPDATE sessions SET archived = 1 WHERE rowid = ?').run(rowid);
    const committed = performance.now();
    while ((await archivedTotal()) === before && performance.now() - committed < 10_000);
    times.push(performance.now() - committed);
  }
  caller.close();
  agent.close();
  return times;
}

/** Counts commits that a read right after them does not show. */
async function countMissed(
  server: ServerProcess,
  committed: readonly Committed[],
  count: number,
): Promise<number> {
  const caller = new Caller();
  let missed = 0;
  for (let seen = committed.length, looked = 0; looked < count;) {
    if (committed.length === seen) {
      await new Promise((next) => setTimeout(next, 1));
      continue;
    }
    seen = committed.length;
    looked++;
    const last = committed[seen - 1];
    const { body } = await caller.get(
      `${server.url}/v1/sessions/${last?.sessionId ?? ''}/messages?order=desc&limit=5`,
    );
    const { body: list } = await caller.get(`${server.url}${LIST}`);
    const { data: messages } = JSON.parse(body) as { data: { id: number }[] };
    const { data: entries } = JSON.parse(list) as { data: { id: string; last_active_at: string }[] };
    // The agent may have written more meanwhile, to this and to other sessions.
    const isRead = messages.some(({ id }) => id >= (last?.id ?? Infinity));
    const isListed = entries.some(
      (entry) => entry.id === last?.sessionId && Date.parse(entry.last_active_at) >= last.at,
    );
    if (!isRead || !isListed) missed++;
  }
  caller.close();
  return missed;
}

/** Measures one history of a series of growing sizes. */
export async function measureGrowth(stateDb: string, effort: Effort): Promise<readonly Result[]> {
  const server = await ServerProcess.ours(stateDb, { ANSWER_CACHE_MB: '0' });
  const list = await medianLatency(`${server.url}${LIST}`, effort);
  const filtered = await medianLatency(`${server.url}${LIST}&platform=cli`, effort);
  const memory = server.peakMemory() * 1.048576;
  await server.stop();
  return [
    { work: 'list of 20, computed anew', value: list.p50, unit: 'ms' },
    { work: 'list, platform', value: filtered.p50, unit: 'ms' },
    { work: 'start to ready', value: server.readyAfter, unit: 'ms' },
    { work: 'memory', value: memory, unit: 'MB' },
  ];
}

async function medianLatency(url: string, { rounds, seconds }: Effort): Promise<Latency> {
  const runs: Latency[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await latency(url, seconds / 2));
  return {
    p50: median(runs.map((run) => run.p50)),
    p99: median(runs.map((run) => run.p99)),
    requests: runs.reduce((sum, run) => sum + run.requests, 0),
  };
}

/** Latency of a caller that pauses for `pause` milliseconds between requests. */
async function pacedLatency(url: string, seconds: number, pause: number): Promise<Latency> {
  const caller = new Caller();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    times.push((await caller.get(url)).milliseconds);
    await new Promise((next) => setTimeout(next, pause));
  }
  caller.close();
  return latencyOf(times);
}

/** Id of the message at a position in the long session. */
async function cursorInto(server: ServerProcess, position: number): Promise<number> {
  const caller = new Caller();
  const { body } = await caller.get(
    `${server.url}/v1/sessions/${LONG_SESSION}/messages?limit=1&offset=${position}`,
  );
  caller.close();
  return (JSON.parse(body) as { data: { id: number }[] }).data[0]?.id ?? 0;
}

/** The cursor of an entry far down the list. */
async function deepCursor(server: ServerProcess): Promise<string> {
  const caller = new Caller();
  const { body: first } = await caller.get(`${server.url}/v1/sessions?limit=1`);
  const { total } = JSON.parse(first) as { total: number };
  const offset = Math.min(40_000, Math.floor(total / 2));
  const { body } = await caller.get(`${server.url}/v1/sessions?limit=1&offset=${offset}`);
  caller.close();
  return (JSON.parse(body) as { next_cursor: string }).next_cursor;
}

function p50(work: string, { p50: value, p99: tail }: Latency, atMost: number): Result {
  return { work: `${work}, p50`, bar: `≤ ${atMost} ms`, value, unit: 'ms', tail, limit: { atMost } };
}

function p99(work: string, { p99: value }: Latency, atMost: number): Result {
  return { work: `${work}, p99`, bar: `≤ ${atMost} ms`, value, unit: 'ms', limit: { atMost } };
}
