import { Logger } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { RepeatedWarning } from '../../../logging/repeated-warning.js';
import type { StandbyMeasurements } from '../../../sessions/store-health.js';
import { replayedPosition } from './log-position.js';
import type { OpenDatabase, Way } from './open-database.js';
import { MOST_BEHIND, StandbyLag } from './standby-lag.js';

/** How long a replica that could not be read is left alone, in milliseconds. */
const REST = 10_000;

/** How often it is looked how far each is behind, in milliseconds. */
const LOOK_INTERVAL = 5000;

/** A standby, whose pool is open or is being opened once it was needed. */
class Replica {
  #lag: StandbyLag | undefined;
  #lookedAt = 0;
  #behind: number | undefined;
  #isPromoted = false;
  #opening: Promise<OpenDatabase> | undefined;
  #restsUntil = 0;

  /** @param name what it is called in the log and the metrics. */
  constructor(
    readonly name: string,
    private readonly openIt: () => Promise<OpenDatabase>,
  ) {}

  get rests(): boolean {
    return performance.now() < this.#restsUntil;
  }

  /** Whether it was a standby, and is none any more: it follows nothing, whatever it answers. */
  get isPromoted(): boolean {
    return this.#isPromoted;
  }

  /** How far it is behind, in milliseconds; undefined before that was looked for, and of what is no standby. */
  get behind(): number | undefined {
    return this.#behind;
  }

  /**
   * Looks how far it is behind. While the database itself is away nobody can say, and what was seen last holds.
   * @param written where that is.
   */
  async look(written: () => Promise<bigint | undefined>): Promise<void> {
    let replayed: bigint | undefined;
    try {
      replayed = await replayedPosition((await this.open()).dataSource.manager);
      this.#isPromoted = replayed === undefined && (this.#isPromoted || this.#lag !== undefined);
      if (replayed === undefined) {
        // What it was behind is over.
        this.#lag = undefined;
        this.#behind = undefined;
        return;
      }
    } catch {
      // Whoever wants to read it leaves it alone then. A pool that could not be opened is opened anew.
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

  /** Leaves it alone for a while. A pool that could not be opened is opened anew then. */
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

/** A connection in a transaction on a replica. */
export interface ReplicaRead {
  readonly runner: QueryRunner;
  /** Leaves the replica alone for a while. */
  readonly rest: (why: unknown) => Promise<void>;
}

/** The standbys that are read where they can be: none of them has to be there for anybody to be answered. */
export class Replicas {
  readonly #logger = new Logger(Replicas.name);
  readonly #warning = new RepeatedWarning(this.#logger);
  readonly #replicas: readonly Replica[];
  readonly #left = new Set<Replica>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  /**
   * @param open opens a pool for the address of a replica.
   * @param written how far the log of the database is that they follow.
   */
  constructor(
    urls: readonly string[],
    open: (url: string) => Promise<OpenDatabase>,
    private readonly written: () => Promise<bigint | undefined>,
    private readonly limits = { interval: LOOK_INTERVAL, behind: MOST_BEHIND },
  ) {
    this.#replicas = urls.map((url, at) => new Replica(nameOf(url, at), () => open(url)));
  }

  /** How far those are behind that are standbys, in seconds. */
  get behind(): readonly StandbyMeasurements[] {
    return this.#replicas.flatMap(({ name, behind }) =>
      behind === undefined ? [] : [{ name, behindSeconds: behind / 1000 }],
    );
  }

  /** Looks from now on how far they are behind, which shows only over time. */
  watch(): void {
    if (this.#replicas.length === 0) return;
    this.#timer ??= setInterval(() => void this.#look(), this.limits.interval).unref();
  }

  /**
   * A connection in a transaction on any of them.
   * @param position how far it has to have come; undefined for anywhere.
   * @returns undefined where none can be read now, or none has come so far.
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
    // What was seen before must not come behind what is seen now.
    if (this.#isLooking) return;
    this.#isLooking = true;
    await Promise.all(this.#replicas.map((replica) => replica.look(this.written)));
    this.#isLooking = false;
    for (const replica of this.#replicas) this.#leaveOrTake(replica);
  }

  /** Each is said once. */
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

/** Without the user and the password that stand in it. */
function nameOf(url: string, at: number): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  return host === '' ? `number ${at + 1}` : host;
}
