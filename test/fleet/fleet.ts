import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../../src/demo/random-numbers.js';
import type { Cluster } from '../setup/postgres-cluster.js';
import { runSql } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { Gateway } from '../support/gateway.js';
import { runCli, type Outcome } from '../support/process.js';
import { ROOT } from '../support/root.js';
import { ServedHistory } from '../support/served.js';
import { Standby } from '../support/standby.js';
import { until } from '../support/wait.js';
import { FleetHost } from './host.js';

/** Pause between two things that an agent of the fleet does, in milliseconds. */
const PAUSE = 20;

/** How long the fleet may take until all of it is the same everywhere, in milliseconds. */
const MOST_UNTIL_WHOLE = 180_000;

/** As in production, on disk, with a log for a standby. */
const SETTINGS = { wal_level: 'replica', max_wal_senders: '4', max_connections: '300' };

/** Many hosts with an agent each, one database with a standby behind it, a way there that can break, and a server. */
export class Fleet {
  readonly hosts: FleetHost[] = [];
  readonly random: () => number;
  #agents: NodeJS.Timeout | undefined;
  #isOver = false;
  /** Answers of the server to somebody who lists all the time, by status; 0 for none. */
  #answers = new Map<number, number>();
  #reader: Promise<void> | undefined;

  private constructor(
    readonly cluster: Cluster,
    readonly gateway: Gateway,
    readonly standby: Standby,
    private readonly server: ServedHistory,
    /** The database, by no way that breaks. */
    public database: string,
    seed: number,
  ) {
    this.random = randomNumbers(seed);
  }

  /** Starts all of it, in a folder. */
  static async start(folder: string, hosts: number, seed: number): Promise<Fleet> {
    const cluster = await startCluster();
    await runSql(cluster.url, 'CREATE DATABASE fleet');
    const database = named(cluster.url, 'fleet');
    const standby = await Standby.of(database);
    const gateway = await Gateway.open(database);
    await expectSuccess(runCli(['migrate'], { DATABASE_URL: database, LOG_LEVEL: 'warn' }));
    const server = await ServedHistory.start('', {
      DATABASE_URL: gateway.url,
      DATABASE_TIMEOUT_MS: '3000',
      LOG_LEVEL: 'info',
      PORT: String(await freePort()),
    });
    const fleet = new Fleet(cluster, gateway, standby, server, database, seed);
    mkdirSync(folder, { recursive: true });
    for (let at = 1; at <= hosts; at++) await fleet.#add(folder, `host-${String(at).padStart(2, '0')}`);
    fleet.resume();
    fleet.#reader = fleet.#read();
    return fleet;
  }

  async #add(folder: string, name: string): Promise<void> {
    const { stdout } = await expectSuccess(
      runCli(['hosts', 'add', name], { DATABASE_URL: this.database, LOG_LEVEL: 'warn' }),
    );
    const own = new URL(/DATABASE_URL="([^"]+)"/.exec(stdout)?.[1] ?? '');
    own.host = new URL(this.gateway.url).host;
    const host = new FleetHost(name, join(folder, `${name}-${randomBytes(4).toString('hex')}.db`), own.href);
    host.ship();
    this.hosts.push(host);
  }

  /** A host, by chance. */
  get anyHost(): FleetHost {
    const host = this.hosts[Math.floor(this.random() * this.hosts.length)];
    if (host === undefined) throw new Error('There are no hosts.');
    return host;
  }

  /** Lets agents write. */
  resume(): void {
    this.#agents ??= setInterval(() => {
      const host = this.anyHost;
      if (!host.isQuiet) host.work(this.random);
    }, PAUSE);
  }

  /** Lets agents write for a while. */
  async workFor(milliseconds: number): Promise<void> {
    this.resume();
    await sleep(milliseconds);
  }

  /**
   * Waits until every host and the centre are the same, while agents rest.
   * @returns how long that took, in seconds.
   * @throws where it takes too long, with the hosts that differ.
   */
  async whole(): Promise<number> {
    clearInterval(this.#agents);
    this.#agents = undefined;
    const begun = performance.now();
    let different: readonly string[] = [];
    await until(
      async () => {
        different = await this.differences().catch((error: unknown) => [String(error)]);
        return different.length === 0;
      },
      'That all is the same everywhere',
      MOST_UNTIL_WHOLE,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)} Different: ${different.join(', ')}`);
    });
    const seconds = (performance.now() - begun) / 1000;
    this.resume();
    return seconds;
  }

  /** Names of the hosts of which the centre has something else. */
  async differences(): Promise<readonly string[]> {
    const names: string[] = [];
    for (const host of this.hosts)
      if (host.digest() !== (await host.centralDigest(this.database)))
        names.push(`${host.name} (${host.said})`);
    return names;
  }

  /**
   * Waits until the server answers.
   * @returns how long that took, in seconds.
   */
  async answering(): Promise<number> {
    const begun = performance.now();
    // Another page each time: what is kept of an answer needs less of the database.
    const page = (): string => `/v1/sessions?limit=5&offset=${Math.floor(this.random() * 1000)}`;
    await until(async () => (await this.server.get(page())).status === 200, 'An answer');
    return (performance.now() - begun) / 1000;
  }

  /** How often whoever lists all the time was answered since this was asked last, and how often refused. */
  takeAnswers(): { readonly answered: number; readonly refused: number } {
    const answered = this.#answers.get(200) ?? 0;
    const all = [...this.#answers.values()].reduce((sum, count) => sum + count, 0);
    this.#answers = new Map();
    return { answered, refused: all - answered };
  }

  /** Whether the server says that it can answer, and if not why. */
  async readiness(): Promise<string> {
    return (await this.server.get('/readyz')).text();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#agents);
    await this.#reader;
    await this.server.stop();
    await Promise.all(this.hosts.map((host) => host.stop()));
    await this.gateway.refuse();
    await this.standby.stop();
    await this.cluster.stop();
  }

  async #read(): Promise<void> {
    while (!this.#isOver) {
      const status = await this.server
        .get(`/v1/sessions?limit=20&offset=${Math.floor(this.random() * 50)}`)
        .then(
          async (response) => {
            await response.arrayBuffer();
            return response.status;
          },
          () => 0,
        );
      this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
      await sleep(100);
    }
  }
}

/** The same server of databases, another one of them. */
export function named(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function expectSuccess(run: Promise<Outcome>): Promise<Outcome> {
  const outcome = await run;
  if (outcome.code !== 0) throw new Error(outcome.stderr);
  return outcome;
}

/** The tests' way to start one, which is not compiled. */
async function startCluster(): Promise<Cluster> {
  const setup = (await import(
    resolve(ROOT, 'test/setup/postgres-cluster.js')
  )) as typeof import('../setup/postgres-cluster.js');
  return setup.startCluster(SETTINGS);
}
