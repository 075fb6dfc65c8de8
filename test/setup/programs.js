import { NEEDS } from './needs.js';

/** Before a full run, lists the programs that tests need, and the tests that are skipped without them. */
export default function tellPrograms({ testPathPatterns }) {
  if (testPathPatterns.patterns.length > 0) return;
  const lines = Object.values(NEEDS).map(
    ({ name, path, tests }) => `  ${name}: ${path ?? `not installed, so without ${tests}`}`,
  );
  process.stdout.write(`Some tests need programs:\n${lines.join('\n')}\n`);
}
