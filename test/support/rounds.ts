import fc, { type IAsyncProperty, type Parameters } from 'fast-check';

/** Set by `npm run test:long`, see jest.config.js. */
const IS_LONG = process.env.TEST_LENGTH === 'long';

/** How long a random test begins new rounds in a long run, in milliseconds; those of a short run are had in any case. */
const LONGEST = Number(process.env.TEST_SECONDS ?? 0) * 1000;

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
    numRuns: atLength(Math.ceil(most), fewest(most)),
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  };
}

function fewest(most: number): number {
  return Math.ceil(most / 10);
}

/**
 * Checks a property in as many {@link rounds} as there is time for.
 * @returns whether there was time for all of them.
 */
export async function checkRounds<T>(
  property: IAsyncProperty<T>,
  most: number,
  more: Parameters<T> = {},
): Promise<boolean> {
  const end = performance.now() + LONGEST;
  let begun = 0;
  let hasFailed = false;
  let isWhole = true;
  const inTime: IAsyncProperty<T> = {
    isAsync: () => true,
    generate: (random, round) => property.generate(random, round),
    shrink: (value) => property.shrink(value),
    runBeforeEach: () => property.runBeforeEach(),
    runAfterEach: () => property.runAfterEach(),
    run: async (value) => {
      // The smallest example of what failed is looked for to the end.
      if (begun++ >= fewest(most) && performance.now() > end && !hasFailed) {
        isWhole = false;
        return null;
      }
      const failure = await property.run(value);
      hasFailed ||= failure !== null;
      return failure;
    },
  };
  await fc.assert(inTime, { ...rounds<T>(most), ...more });
  return isWhole;
}
