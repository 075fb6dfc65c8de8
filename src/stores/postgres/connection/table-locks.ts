import { setTimeout } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { isHeldUp } from './postgres-failure.js';

/** How long to wait between attempts, in milliseconds, so that those who queued can continue. */
const REST = 1000;

/**
 * Limits how long a transaction that alters tables waits for a lock, because everybody after it queues behind it. The limit exceeds
 * PostgreSQL's `deadlock_timeout` of one second, after which autovacuum gives way.
 */
export async function limitLocks(manager: EntityManager): Promise<void> {
  await manager.query(`SET LOCAL lock_timeout = '2s'`);
}

/**
 * Runs work with such limited waits, and retries it if it was blocked.
 * @param limit milliseconds after which it gives up.
 * @param onMet is called each time it was blocked.
 */
export async function betweenOthers<T>(
  limit: number,
  work: () => Promise<T>,
  onMet?: () => void,
): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isHeldUp(error) || performance.now() > end) throw error;
    }
    onMet?.();
    await setTimeout(REST);
  }
}
