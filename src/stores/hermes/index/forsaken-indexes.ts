import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { FileLockError, takeLock } from '../file/file-lock.js';
import { whyOutOfReach } from '../file/reach.js';
import { isSqliteFailure } from '../file/sqlite-failure.js';
import { historyOfIndex } from './index-file.js';
import { INDEX_NAME, removeDatabase } from './index-place.js';

/** How long an index is kept whose history is gone, in milliseconds: a disk that is mounted again has its own at once. */
const KEPT_FOR = 30 * 24 * 3600 * 1000;

/**
 * Removes the indexes of a folder whose histories are gone, and which nobody has written to for a month. An index is a cache: one whose
 * history comes back after all is made anew.
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
    // Its lock stays: whoever waits for it would have one that nobody else sees.
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

/** The path of the history that an index is of; undefined where it does not tell, as older and damaged ones. */
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
