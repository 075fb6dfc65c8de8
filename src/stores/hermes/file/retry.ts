import { setTimeout as delay } from 'node:timers/promises';
import { isBusy } from './sqlite-failure.js';

/** How long and how often to try again; times in milliseconds. */
export interface RetryPolicy {
  readonly deadline: number;
  readonly minimumDelay: number;
  readonly maximumDelay: number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

/** Hermes's own rhythm, so that neither side keeps the other out: 20 to 150 ms of jitter, for a few seconds. */
const HERMES_RETRY: RetryPolicy = {
  deadline: 4000,
  minimumDelay: 20,
  maximumDelay: 150,
  random: Math.random,
};

/**
 * Runs `attempt` again while another connection holds the lock, up to the deadline; then the last error is thrown.
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
      await delay(policy.minimumDelay + policy.random() * (policy.maximumDelay - policy.minimumDelay));
    }
  }
}
