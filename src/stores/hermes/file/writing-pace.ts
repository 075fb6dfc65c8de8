import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { busyFailure } from './sqlite-failure.js';
import { retryWhileBusy } from './retry.js';
import { LOCKED, WRITING } from '../waits.js';

/**
 * Leaves the write lock to the owner for most of the time. SQLite has no queue for it: a waiting process polls, up to a tenth of a second apart, so
 * somebody who takes the lock again at once would keep it.
 */
export class WritingPace {
  /** Writes run in order of arrival: otherwise one that repeats at once would always overtake the others. */
  readonly #line = pLimit(1);
  /** When the next write may begin; by `performance.now()`. */
  #next = 0;

  /**
   * Runs a write when it is its turn, and retries while the lock is taken. `write` must be synchronous, unless another thread holds the lock
   * meanwhile.
   * @param onRetry is called before each further attempt.
   * @throws {SqliteFailure} `SQLITE_BUSY` if it does not get its turn, or the lock, in time.
   */
  next<T>(write: () => T | Promise<T>, onRetry: () => void): Promise<T> {
    const end = performance.now() + LOCKED.patience;
    return retryWhileBusy(() => this.#inLine(() => this.#writeInTurn(write, end), end), onRetry);
  }

  /** Waits for its turn, at most until `end`: a deletion before it can take much longer. */
  #inLine<T>(write: () => Promise<T>, end: number): Promise<T> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const timer = setTimeout(
        () => {
          isOver = true;
          reject(busyFailure('other changes of this server wait'));
        },
        Math.max(0, end - performance.now()),
      );
      void this.#line(async () => {
        clearTimeout(timer);
        if (!isOver) await write().then(resolve, reject);
      });
    });
  }

  async #writeInTurn<T>(write: () => T | Promise<T>, end: number): Promise<T> {
    await this.#turn(end);
    const begun = performance.now();
    try {
      return await write();
    } finally {
      this.rest(performance.now() - begun);
    }
  }

  /** Leaves the lock to others after it was held here for `held` milliseconds. */
  rest(held: number): void {
    this.#next = performance.now() + Math.min(WRITING.rest.times * held, WRITING.rest.longest);
  }

  async #turn(end: number): Promise<void> {
    for (let now = performance.now(); now < this.#next; now = performance.now()) {
      if (this.#next > end) throw busyFailure('other changes of this server wait');
      await delay(Math.ceil(this.#next - now));
    }
  }
}
