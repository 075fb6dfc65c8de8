import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { busyFailure } from './sqlite-failure.js';
import { retryWhileBusy } from './retry.js';

/**
 * After a write, nobody here writes for so many times as long as it held the lock; of one that held it for long, for as many milliseconds as
 * whoever waits for the lock looks for it several times.
 */
const REST = { times: 2, longest: 500 } as const;

/** How long a write waits for the others of this server, in milliseconds. */
const LONGEST_WAIT = 4000;

/**
 * Leaves the write lock to the owner for most of the time. SQLite has no queue for it: who waits looks now and then, up to
 * a tenth of a second apart, so somebody who takes the lock again at once would keep it.
 */
export class WritingPace {
  /** Writes take turns in the order in which they come: one that follows itself at once would go before all others each time. */
  readonly #line = pLimit(1);
  /** When the next write may begin; by `performance.now()`. */
  #next = 0;

  /**
   * Runs a write when it is its turn, again while the lock is taken. `write` must not wait for anything, unless another thread has the lock
   * meanwhile.
   * @param onRetry is called before each further attempt.
   * @throws {SqliteFailure} `SQLITE_BUSY` when neither comes in time.
   */
  next<T>(write: () => T | Promise<T>, onRetry: () => void): Promise<T> {
    const end = performance.now() + LONGEST_WAIT;
    return retryWhileBusy(() => this.#inLine(() => this.#writeInTurn(write, end), end), onRetry);
  }

  /** Waits for its turn until `end`: a deletion before it can take much longer. */
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

  /** Leaves the lock alone after it was held here for so many milliseconds. */
  rest(held: number): void {
    this.#next = performance.now() + Math.min(REST.times * held, REST.longest);
  }

  async #turn(end: number): Promise<void> {
    for (let now = performance.now(); now < this.#next; now = performance.now()) {
      if (this.#next > end) throw busyFailure('other changes of this server wait');
      await delay(Math.ceil(this.#next - now));
    }
  }
}
