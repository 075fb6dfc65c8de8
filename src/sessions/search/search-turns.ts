import { DomainError } from '../../domain/errors.js';
import { CallerTurns } from '../caller-turns.js';
import type { SearchEnd, StoreObserver } from '../store-observer.js';

/** Limits for concurrent searches. */
export interface SearchLimits {
  /** How many run at a time. */
  readonly atOnce: number;
  /** How many of one caller may wait. */
  readonly waiting: number;
}

/** Limits concurrent searches, and serves waiting callers round-robin. */
export class SearchTurns {
  readonly #turns: CallerTurns;

  /** @param observer is told how each search ended, and how long the caller waited for that. */
  constructor(
    private readonly limits: SearchLimits,
    private readonly observer: Pick<StoreObserver, 'searched'>,
  ) {
    this.#turns = new CallerTurns(limits.atOnce);
  }

  /** How many searches are waiting. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /**
   * @param signal stops waiting.
   * @throws {DomainError} `search_busy` if too many searches of this caller wait; the signal's reason
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
