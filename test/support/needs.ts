import { NEEDS } from '../setup/needs.js';

/**
 * Tests that need a program, which are skipped, and say so, where it is not installed; but not in continuous integration (CI=true),
 * which would be green without having tested them.
 */
export function describeWith(needs: readonly (keyof typeof NEEDS)[], name: string, tests: () => void): void {
  const missing = needs.map((need) => NEEDS[need]).find(({ path }) => path === undefined);
  if (missing === undefined) {
    describe(name, tests);
    return;
  }
  if (process.env.CI === 'true') {
    it(`${name} is tested`, () => {
      throw new Error(`There is no ${missing.name} here.`);
    });
    return;
  }
  process.stdout.write(`Skipped: ${name}. There is no ${missing.name} here.\n`);
  describe.skip(name, tests);
}
