import { NEEDS } from './needs.js';

/** Says what the tests of a whole run need besides Node and its packages, and what is not tested where it is missing. */
export default function tellPrograms({ testPathPatterns }) {
  if (testPathPatterns.patterns.length > 0) return;
  const lines = Object.values(NEEDS).map(
    ({ name, path, tests }) => `  ${name}: ${path ?? `not installed, so without ${tests}`}`,
  );
  process.stdout.write(`Some tests need programs:\n${lines.join('\n')}\n`);
}
