import { setTimeout as sleep } from 'node:timers/promises';

/** Timeout for what takes no time on an idle machine, in milliseconds: a busy machine may be slow, but a hang is found. */
const PATIENCE = 100_000;

/** Polling interval, in milliseconds. */
const PAUSE = 10;

/**
 * Waits until a condition holds.
 * @param limit timeout in milliseconds.
 * @throws after the timeout, naming the condition.
 */
export async function until(
  condition: () => Promise<boolean> | boolean,
  what = 'the condition',
  limit = PATIENCE,
): Promise<void> {
  await first(async () => ((await condition()) ? true : undefined), what, limit);
}

/**
 * Waits until a value exists.
 * @param limit timeout in milliseconds.
 * @throws after the timeout, naming the value.
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
