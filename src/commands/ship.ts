import { constants, setPriority } from 'node:os';
import { SingleBar } from 'cli-progress';
import { Logger, type LoggerService } from '@nestjs/common';
import { databaseOf, type Environment, type Settings } from '../config/settings.js';
import { createLogger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { Shipper } from '../ship/shipper.js';
import type { ShippingObserver } from '../ship/shipping-observer.js';
import { prepareStateDbFile } from '../stores/hermes/file/startable-file.js';
import { HermesProfiles } from '../stores/hermes/profiles/hermes-profiles.js';
import { acceptLosses } from '../stores/postgres/incoming/held-sessions.js';
import { migrate, UnpreparedError } from '../stores/postgres/connection/migrations.js';
import { PostgresConnection } from '../stores/postgres/connection/postgres-connection.js';
import { startTracing } from '../tracing/tracing.js';
import { SilentObserver } from '../sessions/store-observer.js';
import { readDatabaseSettings } from './database-settings.js';
import { exitCodeOf } from './exit-code.js';

/** How often progress is logged without a terminal, in milliseconds. */
const LOG_INTERVAL = 10_000;

/** How a history is shipped. */
export interface ShipMode {
  /** Sends everything and ends. Otherwise it follows the history until a signal ends it. */
  readonly once: boolean;
  /** Accepts the removal of sessions that are held back at present. Without `once` it leaves the removal to the running shipper, and ends. */
  readonly acceptLoss: boolean;
}

/** Sends the history of this host to a database. @returns the exit code. */
export function ship({ once, acceptLoss }: ShipMode, overrides: Environment): Promise<number> {
  // Everything else on this host has priority. Set before threads start, since they inherit it.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  return exitCodeOf(async () => {
    const settings = readDatabaseSettings(overrides);
    Logger.overrideLogger(new NestLogger(createLogger(settings.LOG_LEVEL)));
    if (acceptLoss && !once) await accept(settings);
    else await tracedRun(settings, { once, acceptLoss });
  });
}

async function tracedRun(settings: Settings, mode: ShipMode): Promise<void> {
  const tracing = await startTracing(settings, new Logger('Ship'));
  try {
    await run(settings, mode);
  } finally {
    await tracing.stop();
  }
}

async function accept(settings: Settings): Promise<void> {
  const connection = new PostgresConnection({ ...databaseOf(settings), replicaUrls: [] });
  try {
    await acceptHeld(connection, settings.ORIGIN);
  } finally {
    await connection.close();
  }
}

async function acceptHeld(connection: PostgresConnection, origin: string): Promise<void> {
  const accepted = await acceptLosses(connection, origin);
  const lines = accepted.map(
    ({ profile, sessions }) =>
      `${profile}: the ${sessions} sessions that were held back will be removed from the database as well, provided its file still lacks exactly these.`,
  );
  process.stdout.write(`${lines.length === 0 ? `Nothing from ${origin} is held back.` : lines.join('\n')}\n`);
}

async function run(settings: Settings, { once, acceptLoss }: ShipMode): Promise<void> {
  prepareStateDbFile(settings.STATE_DB);
  const profiles = new HermesProfiles(settings, new SilentObserver());
  const connection = new PostgresConnection({ ...databaseOf(settings), replicaUrls: [] });
  const progress = new Progress(
    new Logger('Ship'),
    once ? 'was sent' : 'was sent and will be kept up to date',
  );
  const shipper = new Shipper(profiles, connection, settings.ORIGIN, progress, {
    messagesPerSecond: settings.SHIP_RATE,
    readsOnly: settings.SHIP_READ_ONLY,
  });
  await profiles.onApplicationBootstrap();
  try {
    if (once) {
      await requireLayout(connection, settings);
      // Removals that this run itself detects were not shown to anybody yet, so they are not accepted.
      if (acceptLoss) await acceptHeld(connection, settings.ORIGIN);
      await shipper.sendAll();
    } else {
      await shipper.start();
      await untilStopped();
    }
  } finally {
    await shipper.stop();
    progress.stop();
    profiles.beforeApplicationShutdown();
    await profiles.onApplicationShutdown();
    await connection.close();
  }
}

/**
 * Prepares an empty database, so that one command fills it. A database in use is left to whoever upgrades all of its users.
 * @throws {DomainError} `store_unavailable`
 */
async function requireLayout(connection: PostgresConnection, settings: Settings): Promise<void> {
  try {
    await connection.open();
  } catch (error) {
    if (!(error instanceof UnpreparedError && error.isEmpty && settings.DATABASE_MIGRATE)) throw error;
    const done = await migrate(connection.location);
    new Logger('Ship').log(`The database was prepared: ${done.join(', ')}`);
  }
}

/** Shows the progress of the first load: a bar on a terminal, otherwise a log line now and then. */
class Progress implements ShippingObserver {
  #bar: SingleBar | undefined;
  #loggedAt = performance.now();
  #begunAt = performance.now();
  readonly #loaded = new Set<string>();

  /** @param end the message for a history that is completely loaded. */
  constructor(
    private readonly logger: LoggerService,
    private readonly end: string,
  ) {}

  progress(
    profile: string,
    {
      sessions,
      messages,
      left,
    }: { readonly sessions: number; readonly messages: number; readonly left: number },
  ): void {
    if (this.#loaded.has(profile)) return;
    if (process.stderr.isTTY) {
      this.#bar ??= this.#startBar(sessions + left);
      this.#bar.setTotal(sessions + left);
      this.#bar.update(sessions, { profile, messages });
      return;
    }
    if (performance.now() - this.#loggedAt < LOG_INTERVAL) return;
    this.#loggedAt = performance.now();
    this.logger.log(`${profile}: ${sessions} sessions and ${messages} messages sent, ${left} sessions left.`);
  }

  loaded(profile: string): void {
    this.stop();
    if (this.#loaded.has(profile)) return;
    this.#loaded.add(profile);
    const seconds = Math.round((performance.now() - this.#begunAt) / 100) / 10;
    this.logger.log(`${profile} ${this.end} (${seconds} s).`);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #startBar(total: number): SingleBar {
    const bar = new SingleBar({
      format: 'Sending {profile} [{bar}] {value}/{total} sessions, {messages} messages, {eta_formatted} left',
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      etaBuffer: 100,
    });
    bar.start(total, 0, { profile: '', messages: 0 });
    return bar;
  }
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
}
