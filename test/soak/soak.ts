import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { historyOf } from '../../bench/histories/history.js';
import { ServedHistory } from '../support/served.js';
import { until } from '../support/wait.js';
import type { AgentLog } from './agent-log.js';
import { AgentProcess } from './agent-process.js';
import { Client } from './clients.js';
import { brokenPromises, damagesOf, deviations, listAll, lostWrites } from './verification.js';

/** One soak: an agent that writes, a server beside it, clients that read and change, and kills. */
export interface SoakOptions {
  /** Where histories and logs are put. */
  readonly folder: string;
  readonly mode: 'wal' | 'delete';
  readonly sessions: number;
  readonly seconds: number;
  /** Mean pause of the agent between two transactions, in milliseconds. */
  readonly pause: number;
  /** Seconds between two kills of the server; 0 for none. */
  readonly killEvery: number;
  readonly seed: number;
}

/** Milliseconds. */
export interface Waits {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  /** Waits of more than 250 ms. */
  readonly long: number;
}

/** What happened, and what is not as it must be. */
export interface SoakReport {
  readonly options: SoakOptions;
  /** The agent's transactions by kind. */
  readonly operations: Readonly<Record<string, number>>;
  /** What the agent waited for its transactions beside the server, and what it waits alone. */
  readonly waits: Waits;
  readonly alone: Waits;
  readonly requests: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly sessionsCompared: number;
  readonly problems: readonly string[];
}

const READERS = 4;
const WRITERS = 2;

/** Sessions that each writing client has to itself. */
const POOL = 200;

/** Runs one soak to its end, and compares everything with everything. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const path = historyFor(options, 'state');
  const alone = await aloneFor(options);
  const run = new Run(path, options);
  await run.run();
  const problems = [
    ...run.log.failures,
    ...damagesOf(path),
    ...lostWrites(path, run.log),
    ...run.writers.flatMap((writer) => brokenPromises(path, writer.expected)),
    ...run.unexpected(),
    ...(await run.compare()),
  ];
  return {
    options,
    operations: run.log.operations,
    waits: toWaits(run.log.waits),
    alone,
    requests: run.requests(),
    kills: run.kills,
    sessionsCompared: run.compared,
    problems,
  };
}

class Run {
  log: AgentLog = { sessions: [], deleted: [], operations: {}, waits: [], failures: [] };
  kills = 0;
  compared = 0;
  readonly writers: readonly Client[];
  readonly #readers: readonly Client[];
  readonly #ids: readonly string[];
  #server: ServedHistory | undefined;

  constructor(
    private readonly path: string,
    private readonly options: SoakOptions,
  ) {
    const pool = plainSessions(path, WRITERS * POOL);
    const url = (): string => this.#server?.url ?? '';
    this.writers = Array.from(
      { length: WRITERS },
      (_, at) => new Client(url, options.seed * 100 + at, pool.slice(at * POOL, (at + 1) * POOL)),
    );
    this.#readers = Array.from(
      { length: READERS },
      (_, at) => new Client(url, options.seed * 100 + 50 + at, []),
    );
    this.#ids = pool.map(({ id }) => id);
  }

  async run(): Promise<void> {
    this.#server = await ready(this.path);
    const agent = new AgentProcess(this.path, join(this.options.folder, 'agent.json'), this.options);
    const work = [
      ...this.#readers.map((reader) => reader.read(this.#ids)),
      ...this.writers.map((writer) => writer.change()),
    ];
    const end = performance.now() + this.options.seconds * 1000;
    const { killEvery } = this.options;
    const interval = killEvery === 0 ? Infinity : killEvery * 1000;
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      await delay(Math.min(left, interval));
      if (left > interval) await this.#kill();
    }
    for (const client of [...this.#readers, ...this.writers]) client.stop();
    this.log = await agent.stop();
    await Promise.all(work);
  }

  async #kill(): Promise<void> {
    this.#server?.process.kill('SIGKILL');
    this.kills++;
    this.#server = await ready(this.path);
  }

  requests(): Readonly<Record<string, number>> {
    const all: Record<string, number> = {};
    for (const client of [...this.#readers, ...this.writers])
      for (const [outcome, count] of Object.entries(client.outcomes))
        all[outcome] = (all[outcome] ?? 0) + count;
    return all;
  }

  /** Outcomes that no client should see: anything but success, absence and a refusal that asks to come again. */
  unexpected(): readonly string[] {
    const allowed = /^\w+ (200|404 session_not_found|503 (store_busy|search_busy|overloaded))$/;
    return Object.entries(this.requests())
      .filter(([outcome]) => !allowed.test(outcome) && !(outcome.endsWith('aborted') && this.kills > 0))
      .map(([outcome, count]) => `${count} × ${outcome}`);
  }

  /** Compares the server that has lived through all of this with the file, and with a server that starts now. */
  async compare(): Promise<readonly string[]> {
    const server = this.#server;
    if (server === undefined) return ['there is no server'];
    const written = this.log.sessions.map(({ id }) => id);
    const found = [...(await deviations(server, this.path, [...written, ...this.#ids.slice(0, 100)]))];
    // An agent's own flags may reach the order half a second later.
    await delay(600);
    const fresh = await ready(this.path);
    for (const query of ['', 'archived=any&sort=started_at', 'include_children=true', 'search=rollback']) {
      const [ours, theirs] = [await listAll(server, query), await listAll(fresh, query)];
      this.compared += ours.length;
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        found.push(`a fresh server lists "${query}" otherwise`);
    }
    for (const each of [server, fresh]) {
      await each.stop();
      const { code, stderr } = await each.process.ended;
      if (code !== 0 || stderr !== '') found.push(`a server ended with ${String(code)}: ${stderr}`);
    }
    return found;
  }
}

/** Starts to serve a history, and waits until its index is made. */
export async function ready(
  path: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServedHistory> {
  const server = await ServedHistory.start(path, { LOG_LEVEL: 'info', ...environment });
  await until(async () => (await server.get('/readyz')).status === 200, 'The server', 120_000);
  return server;
}

/** What an agent waits that has the file to itself, for a fifth of the time. */
async function aloneFor(options: SoakOptions): Promise<Waits> {
  const agent = new AgentProcess(historyFor(options, 'alone'), join(options.folder, 'alone.json'), options);
  await delay(Math.max(2000, options.seconds * 200));
  return toWaits((await agent.stop()).waits);
}

/** A history of its own, as an earlier run or this one made it. */
export function historyFor(
  { folder, mode, sessions }: Pick<SoakOptions, 'folder' | 'mode' | 'sessions'>,
  name: string,
): string {
  mkdirSync(folder, { recursive: true });
  const made = historyOf(folder, { sessions, messagesPerSession: 8, words: 30, seed: 1 });
  const path = join(folder, `${name}-${mode}.db`);
  for (const ending of ['-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
  copyFileSync(made, path);
  chmodSync(path, 0o600);
  const db = new Sqlite(path);
  db.pragma(`journal_mode = ${mode}`);
  db.close();
  return path;
}

/** Sessions without relatives, in no particular order. */
export function plainSessions(
  path: string,
  count: number,
): readonly { readonly id: string; readonly title: string | null }[] {
  const db = new Sqlite(path, { readonly: true });
  const rows = db
    .prepare<[number], { id: string; title: string | null }>(
      `SELECT id, title FROM sessions s WHERE parent_session_id IS NULL AND archived = 0
        AND NOT EXISTS (SELECT 1 FROM sessions c WHERE c.parent_session_id = s.id)
        AND message_count BETWEEN 1 AND 100 ORDER BY substr(id, -3), id LIMIT ?`,
    )
    .all(count);
  db.close();
  return rows;
}

export function toWaits(waits: readonly number[]): Waits {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    count: sorted.length,
    p50: at(0.5),
    p99: at(0.99),
    most: at(1),
    long: sorted.filter((wait) => wait > 250).length,
  };
}
