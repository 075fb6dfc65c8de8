import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../config/make-folder.js';
import { FileLockError, takeLock } from '../file/file-lock.js';
import { realPathOf } from '../file/real-file.js';

/** What the file of an index in a folder is called. */
export const INDEX_NAME = /^[0-9a-f]{24}\.db$/;

/** Where an index can lie that cannot be kept: what the system has for such files, and its memory. */
const TEMPORARY_FOLDERS = [tmpdir(), '/dev/shm'];

/** Where the index of a history lies. Only one server has a place at a time. */
export class IndexPlace {
  readonly building: string;

  private constructor(
    readonly path: string,
    /** The history whose index is there again after the next start; undefined where it is not kept. */
    readonly history: string | undefined,
    private readonly end: () => void,
  ) {
    this.building = `${path}-new`;
  }

  /**
   * The place in a folder that belongs to a history.
   * @throws {FileLockError} where another server has it; or what keeps this one from writing there.
   */
  static kept(folder: string, stateDb: string): IndexPlace {
    makeFolder(folder);
    // A history has the same index by whatever way it is reached.
    const name = createHash('sha256').update(realPathOf(stateDb)).digest('hex').slice(0, 24);
    const path = join(folder, `${name}.db`);
    const lock = takeLock(`${path}.lock`, 0);
    return new IndexPlace(path, realPathOf(stateDb), () => {
      lock.release();
    });
  }

  /**
   * A place that is gone when the server ends.
   * @throws where none can be had.
   */
  static temporary(): IndexPlace {
    const failures: unknown[] = [];
    for (const parent of TEMPORARY_FOLDERS) {
      try {
        const folder = mkdtempSync(join(parent, 'hermes-sessions-index-'));
        return new IndexPlace(join(folder, 'index.db'), undefined, () => {
          rmSync(folder, { recursive: true, force: true });
        });
      } catch (error) {
        failures.push(error);
      }
    }
    throw failures[0];
  }

  /** Makes an empty file, to be filled, that nobody else may read; without what an interrupted attempt left. */
  clearBuilding(): void {
    removeDatabase(this.building);
    closeSync(openSync(this.building, 'w', 0o600));
  }

  /** Puts the file that was filled into the place. What was there goes first: its journal must not be taken for the new one's. */
  install(): void {
    removeDatabase(this.path);
    renameSync(this.building, this.path);
  }

  /** Gives the place back. */
  release(): void {
    this.end();
  }
}

/** Why a place cannot be had, for the log. */
export function reasonOf(error: unknown): string {
  return error instanceof FileLockError ? 'another server uses it' : String(error);
}

/** Removes a database with its journals, where it is there. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}
