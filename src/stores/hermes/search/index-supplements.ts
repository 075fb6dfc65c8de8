import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { RepeatedWarning } from '../../../logging/repeated-warning.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import { SupplementSlices, type IndexSupplement } from './index-supplement.js';
import type { SearchThreads } from './search-threads.js';

/** After this many new messages the supplement is read again; until then each thread reads them itself. */
const MOST_NEW_MESSAGES = 20_000;

/** The supplement to the indexes of a history. The search threads read it once, in batches between searches, and share it from then on. */
export class IndexSupplements {
  readonly #warning = new RepeatedWarning(new Logger(IndexSupplements.name));
  #supplement: IndexSupplement | undefined;
  #reading: Promise<void> | undefined;
  /** Counts the openings of the file: a supplement belongs to one of them. */
  #opening = 0;

  constructor(
    private readonly threads: SearchThreads,
    connection: HermesConnection,
  ) {
    connection.closeWith(() => {
      this.#opening++;
      this.#supplement = this.#reading = undefined;
      return Promise.resolve();
    });
  }

  /** The supplement; undefined if it cannot be read within the time of a search. Searches may then miss some hits. */
  async current(): Promise<IndexSupplement | undefined> {
    if (this.#supplement !== undefined) return this.#supplement;
    const patience = new AbortController();
    const end = wait(this.threads.timeLimit, undefined, { signal: patience.signal });
    await Promise.race([this.#read(), end]);
    patience.abort();
    return this.#supplement;
  }

  /** Reads the supplement again if too many messages are newer. */
  follow(newMessages: number): void {
    if (newMessages > MOST_NEW_MESSAGES) void this.#read();
  }

  #read(): Promise<void> {
    const opening = this.#opening;
    this.#reading ??= this.#readFor(opening).finally(() => {
      if (opening === this.#opening) this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readFor(opening: number): Promise<void> {
    try {
      const supplement = await this.#readAll();
      if (opening === this.#opening) this.#supplement = supplement;
    } catch (error) {
      // Threads end when their file is closed.
      if (opening !== this.#opening) return;
      this.#warning.warn(`Searches may miss words within other scripts: ${String(error)}`);
    }
  }

  async #readAll(): Promise<IndexSupplement> {
    const slices = new SupplementSlices();
    for (let place = slices.next; place !== null; place = slices.next) {
      slices.add(await this.threads.prepare<'supplement'>({ kind: 'supplement', place }));
    }
    return slices.toSupplement();
  }
}
