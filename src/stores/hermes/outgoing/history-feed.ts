import { Logger } from '@nestjs/common';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { SessionIndex } from '../index/session-index.js';
import type { SessionTable } from '../index/session-table.js';

/** Several writes of one turn come together; milliseconds. */
const GATHER = 10;

/** How long it is waited before a history that cannot be read is looked at again, in milliseconds. */
const REST = 500;

/** Sessions that are not as they were, none where only something else may be another; undefined where that is not known, so that all have to be compared. */
type FeedListener = (ids: readonly string[] | undefined) => void;

/** Names the sessions that change in a history, whoever changes them and whether or not a message is left behind. */
export class HistoryFeed {
  readonly #logger = new Logger(HistoryFeed.name);
  #listener: FeedListener | undefined;
  #endWatch: (() => void) | undefined;
  #table: SessionTable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAsked = false;

  constructor(
    private readonly connection: HermesConnection,
    private readonly index: SessionIndex,
  ) {}

  /** Begins to name what changes from now on. Resolves once nothing is missed any more. */
  async start(listener: FeedListener): Promise<void> {
    this.#listener = listener;
    // It may have begun before and failed.
    this.#endWatch ??= this.connection.watch.subscribe(() => {
      this.#schedule(GATHER);
    });
    await this.look();
  }

  stop(): void {
    this.#listener = undefined;
    this.#endWatch?.();
    this.#endWatch = undefined;
    clearTimeout(this.#timer);
    if (this.#table !== undefined) this.#table.onChange = undefined;
    this.#table = undefined;
  }

  /**
   * Looks at the history as it is now: what was added or removed before is named when this resolves, and what an agent changed in
   * place as soon as the index knows of it.
   */
  async look(): Promise<void> {
    this.#isAsked = true;
    this.#looking ??= this.#lookWhileAsked().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /** Whatever was committed before, in place or not, is named when this resolves: all rows are compared for it. */
  async lookAtAll(): Promise<void> {
    await this.look();
    await this.index.settle();
  }

  #schedule(delay: number): void {
    if (this.#timer !== undefined || this.#listener === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.look().catch((error: unknown) => {
        // A history that cannot be read changes nothing until it can be read again.
        this.#logger.debug(`A history rests: ${String(error)}`);
        this.#schedule(REST);
      });
    }, delay);
  }

  async #lookWhileAsked(): Promise<void> {
    for (let listener = this.#listener; this.#isAsked && listener !== undefined; listener = this.#listener) {
      this.#isAsked = false;
      await this.index.snapshot(({ table }) => {
        if (table !== this.#table) this.#begin(table);
      });
      // What no session row shows may have changed: leases.
      listener([]);
    }
  }

  /** A table that is another one than before was read anew, so that nobody knows what changed. */
  #begin(table: SessionTable): void {
    const isFirst = this.#table === undefined;
    if (this.#table !== undefined) this.#table.onChange = undefined;
    this.#table = table;
    table.onChange = (changes) => {
      this.#listener?.(changes.map(({ id }) => id));
    };
    if (!isFirst) this.#listener?.(undefined);
  }
}
