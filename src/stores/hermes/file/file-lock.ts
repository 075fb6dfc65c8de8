import { closeSync, openSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { errorCode } from '../../../config/error-code.js';
import { isSqliteFailure } from './sqlite-failure.js';

/** How long to wait for a lock, in milliseconds. */
const LONGEST_WAIT = 30_000;

/** Another process has held a lock for longer than any work takes. */
export class FileLockError extends Error {
  override readonly name = 'FileLockError';
}

/**
 * Runs `work` while no other process holds the lock of the same name; waits for its turn.
 * @throws {FileLockError} if the lock is not free in time.
 */
export function whileLocked<T>(path: string, work: () => T): T {
  const lock = takeLock(path, LONGEST_WAIT);
  try {
    return work();
  } finally {
    lock.release();
  }
}

/**
 * Takes a lock until it is released. It is SQLite's lock on an empty file: the operating system releases it when the process ends, in whatever way,
 * so no stale lock is left behind whose age would have to be judged. The file stays.
 * @param wait how long to wait for it, in milliseconds.
 * @throws {FileLockError} if it is not free in time.
 */
export function takeLock(path: string, wait: number): { release(): void } {
  makeFile(path);
  const lock = new Sqlite(path, { timeout: wait });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isSqliteFailure(error)) throw error;
    throw new FileLockError(`The lock ${path} cannot be had (${error.code}).`, { cause: error });
  }
  return {
    release: () => {
      lock.close();
    },
  };
}

/** SQLite would create a file that others may read, and so lock. */
function makeFile(path: string): void {
  try {
    // An existing file is not opened: closing it would drop every lock that this process holds on it.
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
