import { setTimeout } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { isHeldUp } from './postgres-failure.js';

/** How long it is rested before tables are asked for again, in milliseconds: who waited goes on meanwhile. */
const REST = 1000;

/**
 * Has a transaction that changes tables wait for whoever uses them no longer than this: all who come after it wait behind it. It is more than
 * PostgreSQL's `deadlock_timeout` of one second, after which its own upkeep gives way.
 */
export async function limitLocks(manager: EntityManager): Promise<void> {
  await manager.query(`SET LOCAL lock_timeout = '2s'`);
}

/**
 * Does something whose waits are limited so, again where it met somebody.
 * @param limit milliseconds, after which it is given up.
 * @param onMet is called whenever it met somebody.
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
