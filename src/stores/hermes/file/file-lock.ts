import { closeSync, openSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { errorCode } from '../../../config/error-code.js';
import { isSqliteFailure } from './sqlite-failure.js';

/** How long a lock is waited for, in milliseconds. */
const LONGEST_WAIT = 30_000;

/** Another process has held a lock for longer than anything takes. */
export class FileLockError extends Error {
  override readonly name = 'FileLockError';
}

/**
 * Works while no other process works under the lock of the same name, and waits for its turn until then.
 * @throws {FileLockError} where it is not free in time.
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
 * Takes a lock until it is given back. It is one that SQLite takes on an empty file: the operating system gives it up with its process,
 * however that ends, so that none is ever left behind that somebody would have to judge by its age. The file stays.
 * @param wait how long it is waited for, in milliseconds.
 * @throws {FileLockError} where it is not free in time.
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

/** SQLite would make a file that others may read, and so lock. */
function makeFile(path: string): void {
  try {
    // One that is there is not opened: closing it would give away each lock on it that this process holds.
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
