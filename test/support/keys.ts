import { CliProcess, type Outcome } from './process.js';
import { temporaryFolder } from './server.js';

/** Runs `hermes-sessions keys` on a file to its end. */
export function keys(path: string, ...args: readonly string[]): Promise<Outcome> {
  return new CliProcess(['keys', ...args], { KEYS_FILE: path }, { cwd: temporaryFolder() }).ended;
}
