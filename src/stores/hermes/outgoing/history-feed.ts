import { Logger } from '@nestjs/common';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { IndexView, SessionIndex } from '../index/session-index.js';

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
  /** The index whose changes are heard. */
  #view: IndexView | undefined;
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
    if (this.#view !== undefined) this.#view.onChange = undefined;
    this.#view = undefined;
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
      await this.index.snapshot((view) => {
        if (view !== this.#view) this.#begin(view);
      });
      // What no session row shows may have changed: leases.
      listener([]);
    }
  }

  /** An index that is another one than before was made anew, so that nobody knows what changed. */
  #begin(view: IndexView): void {
    const isFirst = this.#view === undefined;
    if (this.#view !== undefined) this.#view.onChange = undefined;
    this.#view = view;
    view.onChange = (changes) => {
      this.#listener?.(changes.map(({ id }) => id));
    };
    if (!isFirst) this.#listener?.(undefined);
  }
}
