import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds. @throws after ten seconds, with what it was last. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  what = 'the condition',
): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not come true within ten seconds.`);
    await sleep(20);
  }
}
