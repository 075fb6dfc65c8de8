import { errorCode } from '../../../config/error-code.js';

/** The loader's message for a missing binary, and Node's code for one that was built for another version of Node. */
const UNLOADED = /Could not locate the bindings file/;
const FOR_ANOTHER_NODE = 'ERR_DLOPEN_FAILED';

/**
 * Why SQLite's driver cannot be loaded, and what to do, in one sentence; undefined for other errors. Its binary is downloaded or compiled by an
 * install script, which npm 12 runs only if that is allowed.
 */
export function whyNoDriver(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const isForAnother = errorCode(error) === FOR_ANOTHER_NODE;
  if (!isForAnother && !UNLOADED.test(error.message)) return undefined;
  return `SQLite's driver, better-sqlite3, has no binary for Node.js ${process.version} on this machine. Install hermes-sessions again, by this Node.js and with --allow-scripts=better-sqlite3, which fetches or compiles one.`;
}
