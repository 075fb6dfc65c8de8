import { until } from './wait.js';

/** Waits until the observed value equals the expected one. @throws after `limit` milliseconds, with the difference. */
export async function untilEqual(
  look: () => Promise<unknown>,
  expected: unknown,
  limit?: number,
): Promise<void> {
  let seen: unknown;
  const wanted = JSON.stringify(expected);
  const isEqual = async (): Promise<boolean> => JSON.stringify((seen = await look())) === wanted;
  await until(isEqual, 'What is expected', limit).catch((error: unknown) => {
    expect(seen).toEqual(expected);
    throw error;
  });
}
