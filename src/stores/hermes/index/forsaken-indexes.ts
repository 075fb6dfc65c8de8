import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { FileLockError, takeLock } from '../file/file-lock.js';
import { whyOutOfReach } from '../file/reach.js';
import { isSqliteFailure } from '../file/sqlite-failure.js';
import { historyOfIndex } from './index-file.js';
import { INDEX_NAME, removeDatabase } from './index-place.js';

/** How long the index of a missing history is kept, in milliseconds. If its disk is mounted again before, the index is there at once. */
const KEPT_FOR = 30 * 24 * 3600 * 1000;

/**
 * Removes the indexes in a folder whose histories are gone and that nobody has written to for a month. An index is a cache: if its history comes back
 * later, the index is rebuilt.
 * @param now milliseconds since the epoch.
 * @returns the names of the files.
 */
export function removeForsakenIndexes(folder: string, now: number): readonly string[] {
  return readdirSync(folder).filter(
    (name) => INDEX_NAME.test(name) && removeIfForsaken(join(folder, name), now),
  );
}

function removeIfForsaken(path: string, now: number): boolean {
  if (now - changedAt(path) < KEPT_FOR) return false;
  return whereFree(path, () => {
    const history = recalledHistory(path);
    if (history !== undefined && (existsSync(history) || whyOutOfReach(history) !== undefined)) return false;
    // The lock file stays: a process that waits for a removed one would hold a lock that nobody else sees.
    removeDatabase(path);
    removeDatabase(`${path}-new`);
    return true;
  });
}

/** Runs under the lock of an index that no server uses. */
function whereFree(path: string, work: () => boolean): boolean {
  try {
    const lock = takeLock(`${path}.lock`, 0);
    try {
      return work();
    } finally {
      lock.release();
    }
  } catch (error) {
    if (error instanceof FileLockError) return false;
    throw error;
  }
}

function changedAt(path: string): number {
  const times = ['', '-wal'].map((end) => statSync(`${path}${end}`, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(...times);
}

/** The path of the history that an index belongs to; undefined if the index does not record it, as older and damaged ones. */
function recalledHistory(path: string): string | undefined {
  const db = new Sqlite(path, { fileMustExist: true });
  try {
    return historyOfIndex(db);
  } catch (error) {
    if (isSqliteFailure(error)) return undefined;
    throw error;
  } finally {
    db.close();
  }
}
