import { errorCode } from '../../../config/error-code.js';

/** What its loader says where there is no binary, and what Node says of one that was made for another version of it. */
const UNLOADED = /Could not locate the bindings file/;
const FOR_ANOTHER_NODE = 'ERR_DLOPEN_FAILED';

/**
 * Why SQLite's driver cannot be loaded, and what to do, in one sentence; undefined for an error that says nothing of the kind. Its binary
 * is fetched or compiled by an install script, which npm 12 runs where it is told to alone.
 */
export function whyNoDriver(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const isForAnother = errorCode(error) === FOR_ANOTHER_NODE;
  if (!isForAnother && !UNLOADED.test(error.message)) return undefined;
  return `SQLite's driver, better-sqlite3, has no binary for Node.js ${process.version} on this machine. Install hermes-sessions again, by this Node.js and with --allow-scripts=better-sqlite3, which fetches or compiles one.`;
}
