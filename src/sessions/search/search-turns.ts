import { DomainError } from '../../domain/errors.js';
import type { SearchEnd, StoreObserver } from '../store-observer.js';

/** How many searches may be under way. */
export interface SearchLimits {
  /** Those that run at a time. */
  readonly atOnce: number;
  /** Those of one caller that wait. */
  readonly waiting: number;
}

/** Lets searches run by turns: callers take theirs one after the other, so that nobody's many searches keep another's one waiting. */
export class SearchTurns {
  #running = 0;
  /** What waits, by caller; the first is whose turn it is next. */
  readonly #waiting = new Map<string, readonly (() => void)[]>();

  /** @param observer hears how each search ended, and how long whoever asked waited for that. */
  constructor(
    private readonly limits: SearchLimits,
    private readonly observer: Pick<StoreObserver, 'searched'>,
  ) {}

  /** Searches that wait for their turn. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * @param signal gives a turn back that has not come.
   * @throws {DomainError} `search_busy` where too many of this caller wait; the reason of the signal
   */
  async take<T>(caller: string, search: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const begun = performance.now();
    let end: SearchEnd = 'failed';
    try {
      const found = await this.#inTurn(caller, search, signal);
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

  async #inTurn<T>(caller: string, search: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running < this.limits.atOnce) this.#running++;
    else await this.#turnOf(caller, signal);
    try {
      return await search();
    } finally {
      this.#passOn();
    }
  }

  #turnOf(caller: string, signal: AbortSignal | undefined): Promise<void> {
    const waiting = this.#waiting.get(caller) ?? [];
    if (waiting.length >= this.limits.waiting) throw new DomainError('search_busy');
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#forget(caller, begin);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.set(caller, [...waiting, begin]);
    });
  }

  #forget(caller: string, left: () => void): void {
    const waiting = (this.#waiting.get(caller) ?? []).filter((begin) => begin !== left);
    if (waiting.length > 0) this.#waiting.set(caller, waiting);
    else this.#waiting.delete(caller);
  }

  #passOn(): void {
    for (const [caller, [begin, ...rest]] of this.#waiting) {
      // Behind all others who wait.
      this.#waiting.delete(caller);
      if (rest.length > 0) this.#waiting.set(caller, rest);
      if (begin === undefined) continue;
      begin();
      return;
    }
    this.#running--;
  }
}
