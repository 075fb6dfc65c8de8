import { Logger } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { RepeatedWarning } from '../../../logging/repeated-warning.js';
import type { OpenDatabase, Way } from './open-database.js';

/** How long a replica that could not be read is left alone, in milliseconds. */
const REST = 10_000;

/** A standby, whose pool is open or is being opened once it was needed. */
class Replica {
  #opening: Promise<OpenDatabase> | undefined;
  #restsUntil = 0;

  constructor(private readonly openIt: () => Promise<OpenDatabase>) {}

  get rests(): boolean {
    return performance.now() < this.#restsUntil;
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
  readonly #warning = new RepeatedWarning(new Logger(Replicas.name));
  readonly #replicas: readonly Replica[];

  /** @param open opens a pool for the address of a replica. */
  constructor(urls: readonly string[], open: (url: string) => Promise<OpenDatabase>) {
    this.#replicas = urls.map((url) => new Replica(() => open(url)));
  }

  /**
   * A connection in a transaction on any of them.
   * @param position how far it has to have come; undefined for anywhere.
   * @returns undefined where none can be read now, or none has come so far.
   */
  async begin(way: Way, position: bigint | undefined): Promise<ReplicaRead | undefined> {
    const awake = this.#replicas.filter(({ rests }) => !rests);
    const first = Math.floor(Math.random() * awake.length);
    for (const replica of [...awake.slice(first), ...awake.slice(0, first)]) {
      const runner = await this.#beginOn(replica, way, position);
      if (runner !== undefined) return { runner, rest: (why) => this.#rest(replica, why) };
    }
    return undefined;
  }

  async close(): Promise<void> {
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
}
