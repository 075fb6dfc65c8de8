import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a condition holds.
 * @param limit milliseconds.
 * @throws after that, naming it.
 */
export async function until(
  condition: () => Promise<boolean> | boolean,
  what = 'the condition',
  limit = 10_000,
): Promise<void> {
  const end = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not come true in time.`);
    await sleep(20);
  }
}
