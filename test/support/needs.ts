import { NEEDS } from '../setup/needs.js';

/**
 * Tests that need programs. Without them they are skipped with a message, but fail in continuous integration (CI=true), which would otherwise be
 * green without testing anything.
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
