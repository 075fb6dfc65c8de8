import { setTimeout as sleep } from 'node:timers/promises';

/** How long is waited for what comes at once on an idle machine, in milliseconds: a busy one may be slow, what hangs is found. */
const PATIENCE = 100_000;

/** How often is looked, in milliseconds. */
const PAUSE = 10;

/**
 * Waits until a condition holds.
 * @param limit milliseconds.
 * @throws after that, naming it.
 */
export async function until(
  condition: () => Promise<boolean> | boolean,
  what = 'the condition',
  limit = PATIENCE,
): Promise<void> {
  await first(async () => ((await condition()) ? true : undefined), what, limit);
}

/**
 * Waits until there is something.
 * @param limit milliseconds.
 * @throws after that, naming it.
 */
export async function first<T>(
  look: () => Promise<T | null | undefined> | T | null | undefined,
  what: string,
  limit = PATIENCE,
): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null) return found;
    if (performance.now() > end) throw new Error(`${what} did not come in time.`);
    await sleep(PAUSE);
  }
}
