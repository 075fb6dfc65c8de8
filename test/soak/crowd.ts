import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runCli } from '../support/process.js';
import { ROOT } from '../support/root.js';
import type { ServedHistory } from '../support/served.js';
import { TEST_KEY } from '../support/test-key.js';
import { AgentProcess } from './agent-process.js';
import { historyFor, plainSessions, ready, toWaits, type Waits } from './soak.js';

/** How a crowd is looked at. */
export interface CrowdOptions {
  readonly folder: string;
  readonly sessions: number;
  /** How long it is quiet, and how long the crowd is there, each; twice, in turns. */
  readonly seconds: number;
}

/** What others wait while it is quiet and beside the crowd, and what the server needs. */
export interface CrowdReport {
  readonly seconds: number;
  readonly quiet: Waits;
  readonly beside: Waits;
  /** Megabytes, and open files: before the crowd came, the most while it was there, and after it was gone. */
  readonly memory: Readonly<Record<Moment, number>>;
  readonly files: Readonly<Record<Moment, number>>;
  /** How often a request of the crowd ended in which way. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

type Moment = 'before' | 'most' | 'after';

/** Somebody asks this often, in milliseconds; each time something else. */
const PAUSE = 20;

/** What the server may need more than before, in megabytes: what 1,000 connections and their answers are. */
const MOST_GROWTH = 256;

/** Looks at what everybody else notices of a thousand connections of one key, of listeners that come and go, and of exports that are left. */
export async function crowd(options: CrowdOptions): Promise<CrowdReport> {
  const { folder, seconds } = options;
  const path = historyFor({ folder, mode: 'wal', sessions: options.sessions }, 'crowd');
  const keysFile = join(folder, 'crowd-keys.json');
  rmSync(keysFile, { force: true });
  const made = await runCli(['keys', 'create', 'crowd', '--scope', 'sessions:read'], { KEYS_FILE: keysFile });
  const token = made.stdout.trim();
  const server = await ready(path, {
    KEYS_FILE: keysFile,
    // As they are where nobody sets them.
    RATE_LIMIT_ADDRESS: '12000',
    RATE_LIMIT_KEY: '60000',
  });
  const agent = new AgentProcess(path, join(folder, 'crowd-agent.json'), { seed: 9, pause: 50 });
  const somebody = new Somebody(server, plainSessions(path, 100));
  const use = new ServerUse(server);
  await somebody.ask(5);
  const quiet: number[] = [];
  const beside: number[] = [];
  const outcomes: Record<string, number> = {};
  use.note('before');
  for (let round = 0; round < 2; round++) {
    quiet.push(...(await somebody.ask(seconds)));
    const many = new Crowd(server.url, token, join(folder, 'crowd.json'));
    // They all come at once, which is part of it.
    beside.push(
      ...(await somebody.ask(seconds, () => {
        use.note('most');
      })),
    );
    for (const [outcome, count] of Object.entries(await many.leave()))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    await delay(2000);
  }
  use.note('after');
  const problems = [...(await agent.stop()).failures, ...somebody.problems];
  await server.stop();
  const report = {
    seconds,
    quiet: toWaits(quiet),
    beside: toWaits(beside),
    memory: use.memory,
    files: use.files,
  };
  return { ...report, outcomes, problems: [...problems, ...complaints(report)] };
}

function complaints({
  quiet,
  beside,
  memory,
  files,
}: Omit<CrowdReport, 'outcomes' | 'problems'>): readonly string[] {
  return [
    ...(beside.p99 > 2 * quiet.p99
      ? [`others wait ${(beside.p99 / quiet.p99).toFixed(1)} times as long`]
      : []),
    ...(memory.most > memory.before + MOST_GROWTH ? ['the server needs too much memory'] : []),
    ...(files.after > files.before + 50 ? ['connections of those who left stay open'] : []),
  ];
}

/** Everybody else: one caller with a key and an address of its own, who asks for this and that. */
class Somebody {
  readonly problems: string[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #asked = 0;

  constructor(
    private readonly server: ServedHistory,
    private readonly sessions: readonly { readonly id: string }[],
  ) {}

  /** @returns how long each answer took, in milliseconds. */
  async ask(seconds: number, meanwhile: () => void = () => undefined): Promise<readonly number[]> {
    const times: number[] = [];
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const path = this.#next();
      const begun = performance.now();
      const status = await this.#get(path).catch(() => 'closed');
      times.push(performance.now() - begun);
      if (status !== 200) this.problems.push(`${path} was answered with ${status}`);
      if (times.length % 10 === 0) meanwhile();
      await delay(PAUSE);
    }
    return times;
  }

  #next(): string {
    const at = this.#asked++;
    const id = encodeURIComponent(this.sessions[at % this.sessions.length]?.id ?? '');
    const paths = [
      '/v1/sessions?limit=20',
      `/v1/sessions/${id}`,
      `/v1/sessions/${id}/messages?limit=50`,
      '/readyz',
    ];
    return paths[at % paths.length] ?? '';
  }

  #get(path: string): Promise<number | undefined> {
    return new Promise((done, failed) => {
      get(
        `${this.server.url}${path}`,
        { agent: this.#agent, headers: { authorization: `Bearer ${TEST_KEY}` } },
        (response) => {
          response.resume();
          response.on('end', () => {
            done(response.statusCode);
          });
        },
      ).on('error', failed);
    });
  }
}

/** What a server has of the machine, as Linux tells it. */
class ServerUse {
  readonly memory = { before: 0, most: 0, after: 0 };
  readonly files = { before: 0, most: 0, after: 0 };

  constructor(private readonly server: ServedHistory) {}

  /** Looks at it now. */
  note(moment: Moment): void {
    const folder = `/proc/${this.server.process.pid}`;
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`${folder}/status`, 'utf8')) ?? [];
    this.memory[moment] = Math.max(this.memory[moment], Math.round(Number(kilobytes) / 1024));
    this.files[moment] = Math.max(this.files[moment], readdirSync(`${folder}/fd`).length);
  }
}

/** The crowd as a process of its own. It is compiled beside this file's own compiled form. */
class Crowd {
  readonly #child;
  readonly #ended: Promise<unknown>;

  constructor(
    url: string,
    key: string,
    private readonly logFile: string,
  ) {
    const script = resolve(ROOT, '.soak/build/test/soak/crowd-process.js');
    this.#child = spawn(process.execPath, [script, url, key, logFile], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.#ended = new Promise((done) => this.#child.once('close', done));
  }

  async leave(): Promise<Readonly<Record<string, number>>> {
    this.#child.kill('SIGTERM');
    await this.#ended;
    return JSON.parse(readFileSync(this.logFile, 'utf8')) as Readonly<Record<string, number>>;
  }
}
