import fc, { type IAsyncProperty, type Parameters } from 'fast-check';

/** Set by `npm run test:long`, see jest.config.js. */
const IS_LONG = process.env.TEST_LENGTH === 'long';

/** How long a random test may start new rounds in a long run, in milliseconds. The rounds of a short run always run. */
const LONGEST = Number(process.env.TEST_SECONDS ?? 0) * 1000;

/** A value for long runs, or a smaller one for short runs. */
export function atLength<T>(long: T, short: T): T {
  return IS_LONG ? long : short;
}

/** Short runs always use the same seed, so that they fail because of a change and not by chance. */
export const SEED = Number(process.env.TEST_SEED ?? 20_260_501);

/**
 * Options for fast-check. A long run has the given number of rounds and a seed of its own; a short run has a tenth of the rounds and a fixed seed. A
 * failing test prints its seed and path; with these as TEST_SEED and TEST_PATH it fails again at once.
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
 * Checks a property in as many {@link rounds} as the time limit allows.
 * @returns whether all of them ran.
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
      // After a failure, shrinking continues without a time limit.
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
