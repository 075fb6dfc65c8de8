import { Logger } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { RepeatedWarning } from '../../../logging/repeated-warning.js';
import type { StandbyMeasurements } from '../../../sessions/store-health.js';
import { replayedPosition } from './log-position.js';
import type { OpenDatabase, Way } from './open-database.js';
import { MOST_BEHIND, StandbyLag } from './standby-lag.js';

/** How long an unreadable replica is not used, in milliseconds. */
const REST = 10_000;

/** How often the lag of each standby is measured, in milliseconds. */
const LOOK_INTERVAL = 5000;

/** A standby, whose pool is opened on first use. */
class Replica {
  #lag: StandbyLag | undefined;
  #lookedAt = 0;
  #behind: number | undefined;
  #isPromoted = false;
  #opening: Promise<OpenDatabase> | undefined;
  #restsUntil = 0;

  /** @param name for the log and the metrics. */
  constructor(
    readonly name: string,
    private readonly openIt: () => Promise<OpenDatabase>,
  ) {}

  get rests(): boolean {
    return performance.now() < this.#restsUntil;
  }

  /** Whether it stopped being a standby: it answers, but follows nothing. */
  get isPromoted(): boolean {
    return this.#isPromoted;
  }

  /** Its lag in milliseconds; undefined before the first measurement, and if it is not a standby. */
  get behind(): number | undefined {
    return this.#behind;
  }

  /**
   * Measures the lag. While the primary is unreachable, the last measurement stays.
   * @param written reads the primary's log position.
   */
  async look(written: () => Promise<bigint | undefined>): Promise<void> {
    let replayed: bigint | undefined;
    try {
      replayed = await replayedPosition((await this.open()).dataSource.manager);
      this.#isPromoted = replayed === undefined && (this.#isPromoted || this.#lag !== undefined);
      if (replayed === undefined) {
        // A promoted server has no lag.
        this.#lag = undefined;
        this.#behind = undefined;
        return;
      }
    } catch {
      // A reader that fails rests it by itself. A pool that could not be opened is opened again.
      if ((await this.#opened()) === undefined) this.#opening = undefined;
    }
    const position = await written().catch(() => undefined);
    const now = performance.now();
    const since = now - this.#lookedAt;
    this.#lookedAt = now;
    if (position === undefined) {
      this.#lag?.skip(since);
      return;
    }
    this.#lag ??= new StandbyLag(now);
    if (replayed !== undefined) this.#lag.note(replayed, position, now);
    this.#behind = this.#lag.at(now);
  }

  open(): Promise<OpenDatabase> {
    this.#opening ??= this.openIt();
    return this.#opening;
  }

  /** Does not use it for a while. If its pool could not be opened, the next use opens it again. */
  async rest(): Promise<void> {
    this.#restsUntil = performance.now() + REST;
    if ((await this.#opened()) === undefined) this.#opening = undefined;
  }

  async close(): Promise<void> {
    const opened = await this.#opened();
    this.#opening = undefined;
    await opened?.dataSource.destroy();
  }

  async #opened(): Promise<OpenDatabase | undefined> {
    return this.#opening?.catch(() => undefined);
  }
}

/** A connection with a begun transaction on a replica. */
export interface ReplicaRead {
  readonly runner: QueryRunner;
  /** Stops using the replica for a while. */
  readonly rest: (why: unknown) => Promise<void>;
}

/** The standbys used for reads. All are optional. */
export class Replicas {
  readonly #logger = new Logger(Replicas.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  readonly #replicas: readonly Replica[];
  readonly #left = new Set<Replica>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  /**
   * @param open opens a pool for a replica's address.
   * @param written reads the log position of the primary.
   */
  constructor(
    urls: readonly string[],
    open: (url: string) => Promise<OpenDatabase>,
    private readonly written: () => Promise<bigint | undefined>,
    private readonly limits = { interval: LOOK_INTERVAL, behind: MOST_BEHIND },
  ) {
    this.#replicas = urls.map((url, at) => new Replica(nameOf(url, at), () => open(url)));
  }

  /** The lag of each standby, in seconds. */
  get behind(): readonly StandbyMeasurements[] {
    return this.#replicas.flatMap(({ name, behind }) =>
      behind === undefined ? [] : [{ name, behindSeconds: behind / 1000 }],
    );
  }

  /** Starts to measure the lags periodically, because a lag shows only over time. */
  watch(): void {
    if (this.#replicas.length === 0) return;
    this.#timer ??= setInterval(() => void this.#look(), this.limits.interval).unref();
  }

  /**
   * A connection with a begun transaction on some replica.
   * @param position log position that the replica must have replayed; undefined for any.
   * @returns undefined if no replica can be read, or none has replayed so far.
   */
  async begin(way: Way, position: bigint | undefined): Promise<ReplicaRead | undefined> {
    const awake = this.#replicas.filter((replica) => !replica.rests && !this.#left.has(replica));
    const first = Math.floor(Math.random() * awake.length);
    for (const replica of [...awake.slice(first), ...awake.slice(0, first)]) {
      const runner = await this.#beginOn(replica, way, position);
      if (runner !== undefined) return { runner, rest: (why) => this.#rest(replica, why) };
    }
    return undefined;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#replicas.map((replica) => replica.close()));
  }

  async #beginOn(replica: Replica, way: Way, position: bigint | undefined): Promise<QueryRunner | undefined> {
    try {
      return await (await replica.open()).beginFrom(position, way);
    } catch (error) {
      await this.#rest(replica, error);
      return undefined;
    }
  }

  async #rest(replica: Replica, why: unknown): Promise<void> {
    this.#warning.warn(`A replica cannot be read: ${String(why)}`);
    await replica.rest();
  }

  async #look(): Promise<void> {
    // One run at a time, so that an older measurement cannot replace a newer one.
    if (this.#isLooking) return;
    this.#isLooking = true;
    await Promise.all(this.#replicas.map((replica) => replica.look(this.written)));
    this.#isLooking = false;
    for (const replica of this.#replicas) this.#leaveOrTake(replica);
  }

  /** Logs each transition once. */
  #leaveOrTake(replica: Replica): void {
    const { isPromoted, name } = replica;
    const isLeft = isPromoted || (replica.behind ?? 0) > this.limits.behind;
    if (isLeft === this.#left.has(replica)) return;
    if (isLeft) {
      this.#left.add(replica);
      const how = isPromoted
        ? 'is a standby no more, and follows nothing'
        : `is more than ${this.limits.behind / 1000} s behind the database, or does not follow it any more`;
      this.#logger.warn(`The standby ${name} ${how}. It is not read.`);
    } else {
      this.#left.delete(replica);
      this.#logger.log(`The standby ${name} has come as far as the database, and is read again.`);
    }
  }
}

/** A name from the URL without its user and password. */
function nameOf(url: string, at: number): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  return host === '' ? `number ${at + 1}` : host;
}
