import type { Parameters } from 'fast-check';

/** Set by `npm run test:long`, see jest.config.js. */
const IS_LONG = process.env.TEST_LENGTH === 'long';

/** One of two measures: what a long run takes, and what is enough of it otherwise. */
export function atLength<T>(long: T, short: T): T {
  return IS_LONG ? long : short;
}

/** A short run does the same each time, so that it fails for a change and not by chance. */
export const SEED = Number(process.env.TEST_SEED ?? 20_260_501);

/**
 * How a random test runs, for fast-check: in a long run as many rounds as are given, with a seed of that run; otherwise a tenth
 * of them, with a seed that stays. One that failed prints its seed and its path, and fails again at once where both are given as
 * TEST_SEED and TEST_PATH.
 */
export function rounds<T>(most: number): Parameters<T> {
  const path = process.env.TEST_PATH;
  return {
    seed: SEED,
    numRuns: Math.ceil(IS_LONG ? most : most / 10),
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  };
}
