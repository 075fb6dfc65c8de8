import { setTimeout as delay } from 'node:timers/promises';
import { busyFailure, isBusy } from './sqlite-failure.js';
import { LOCKED } from '../waits.js';

/** How long and how often to retry; times in milliseconds. */
export interface RetryPolicy {
  readonly deadline: number;
  readonly minimumDelay: number;
  readonly maximumDelay: number;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
}

/** For Hermes's file. */
const HERMES_RETRY: RetryPolicy = {
  deadline: LOCKED.patience,
  minimumDelay: LOCKED.shortestPause,
  maximumDelay: LOCKED.longestPause,
  random: Math.random,
};

/** Retries for all readers of one locked file: one of them tries, and the others wait for its result, since each try blocks the process. */
export class SharedRetry {
  /** Resolves once the current retries have ended, even after a failure. */
  #trying: Promise<unknown> | undefined;
  /** Whether the lock outlasted the last wait. */
  #isHeld = false;

  constructor(private readonly policy: RetryPolicy = HERMES_RETRY) {}

  /** Like {@link retryWhileBusy}. */
  async run<T>(attempt: () => T, onRetry: () => void): Promise<T> {
    const end = performance.now() + (this.#isHeld ? LOCKED.patienceWhileHeld : this.policy.deadline);
    for (;;) {
      const { other, left } = { other: this.#trying, left: end - performance.now() };
      if (other === undefined) return this.#tryFirst(attempt, onRetry, left);
      if (left <= 0) throw busyFailure('database is locked');
      await settledWithin(other, left);
    }
  }

  /** Runs synchronously up to the first try, so that no other retry can start in between. */
  #tryFirst<T>(attempt: () => T, onRetry: () => void, left: number): T | Promise<T> {
    try {
      const result = attempt();
      this.#isHeld = false;
      return result;
    } catch (error) {
      if (!isBusy(error) || left <= 0) throw error;
    }
    onRetry();
    const end = performance.now() + left;
    const trying = afterRest(this.policy).then(() =>
      retryWhileBusy(attempt, onRetry, { ...this.policy, deadline: end - performance.now() }),
    );
    this.#trying = trying
      .then(
        () => (this.#isHeld = false),
        (error: unknown) => (this.#isHeld = isBusy(error)),
      )
      .finally(() => (this.#trying = undefined));
    return trying;
  }
}

function ignore(): void {
  // An aborted timer rejects.
}

/** Waits for a promise, at most the given milliseconds. */
async function settledWithin(promise: Promise<unknown>, most: number): Promise<void> {
  const timer = new AbortController();
  const over = delay(most, undefined, { signal: timer.signal }).catch(ignore);
  await Promise.race([promise, over]);
  timer.abort();
}

function afterRest({ minimumDelay, maximumDelay, random }: RetryPolicy): Promise<void> {
  return delay(minimumDelay + random() * (maximumDelay - minimumDelay));
}

/**
 * Runs `attempt` again while another connection holds the lock, up to the deadline; then throws the last error.
 * @param onRetry is called before each further attempt.
 */
export async function retryWhileBusy<T>(
  attempt: () => T | Promise<T>,
  onRetry: () => void,
  policy: RetryPolicy = HERMES_RETRY,
): Promise<T> {
  const end = performance.now() + policy.deadline;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error;
      onRetry();
      await afterRest(policy);
    }
  }
}
