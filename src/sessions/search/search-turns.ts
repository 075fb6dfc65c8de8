import { DomainError } from '../../domain/errors.js';
import { CallerTurns } from '../caller-turns.js';
import type { SearchEnd, StoreObserver } from '../store-observer.js';

/** How many searches may be under way. */
export interface SearchLimits {
  /** Those that run at a time. */
  readonly atOnce: number;
  /** Those of one caller that wait. */
  readonly waiting: number;
}

/** Lets searches run by turns of those who ask. */
export class SearchTurns {
  readonly #turns: CallerTurns;

  /** @param observer hears how each search ended, and how long whoever asked waited for that. */
  constructor(
    private readonly limits: SearchLimits,
    private readonly observer: Pick<StoreObserver, 'searched'>,
  ) {
    this.#turns = new CallerTurns(limits.atOnce);
  }

  /** Searches that wait for their turn. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /**
   * @param signal gives a turn back that has not come.
   * @throws {DomainError} `search_busy` where too many of this caller wait; the reason of the signal
   */
  async take<T>(caller: string, search: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const begun = performance.now();
    let end: SearchEnd = 'failed';
    try {
      signal?.throwIfAborted();
      if (this.#turns.isFull && this.#turns.waitingOf(caller) >= this.limits.waiting)
        throw new DomainError('search_busy');
      const found = await this.#turns.take(caller, search, signal);
      end = 'done';
      return found;
    } catch (error) {
      if (signal?.aborted === true) end = 'cancelled';
      else if (error instanceof DomainError && error.code === 'search_timeout') end = 'timeout';
      throw error;
    } finally {
      this.observer.searched(end, (performance.now() - begun) / 1000);
    }
  }
}
