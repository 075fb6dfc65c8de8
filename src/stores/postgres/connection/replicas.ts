import { Logger } from '@nestjs/common';
import { RepeatedWarning } from '../../../logging/repeated-warning.js';
import { OpenDatabase } from './open-database.js';

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

/** The standbys that are read where they can be: none of them has to be there for anybody to be answered. */
export class Replicas {
  readonly #warning = new RepeatedWarning(new Logger(Replicas.name));
  readonly #replicas: readonly Replica[];

  /** @param open opens a pool for the address of a replica. */
  constructor(urls: readonly string[], open: (url: string) => Promise<OpenDatabase>) {
    this.#replicas = urls.map((url) => new Replica(() => open(url)));
  }

  /** What `read` gives for any of them; undefined where none can be read now. */
  async read<T>(read: (database: OpenDatabase) => Promise<T>): Promise<T | undefined> {
    const awake = this.#replicas.filter(({ rests }) => !rests);
    const replica = awake[Math.floor(Math.random() * awake.length)];
    if (replica === undefined) return undefined;
    try {
      return await read(await replica.open());
    } catch (error) {
      this.#warning.warn(`A replica cannot be read: ${String(error)}`);
      await replica.rest();
      return this.read(read);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => replica.close()));
  }
}
