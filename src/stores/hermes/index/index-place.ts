import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../config/make-folder.js';
import { FileLockError, takeLock } from '../file/file-lock.js';
import { realPathOf } from '../file/real-file.js';

/** File names of indexes in a folder. */
export const INDEX_NAME = /^[0-9a-f]{24}\.db$/;

/** Folders for an index that cannot be kept: the system's temporary folder, then its memory. */
const TEMPORARY_FOLDERS = [tmpdir(), '/dev/shm'];

/** Where the index of a history lies. Only one server holds a place at a time. */
export class IndexPlace {
  readonly building: string;

  private constructor(
    readonly path: string,
    /** The history whose index is kept for the next start; undefined for a temporary place. */
    readonly history: string | undefined,
    private readonly end: () => void,
  ) {
    this.building = `${path}-new`;
  }

  /**
   * The place in a folder that belongs to a history.
   * @throws {FileLockError} if another server holds it; or the error that prevents writing there.
   */
  static kept(folder: string, stateDb: string): IndexPlace {
    makeFolder(folder);
    // A history has the same index whichever path leads to it.
    const name = createHash('sha256').update(realPathOf(stateDb)).digest('hex').slice(0, 24);
    const path = join(folder, `${name}.db`);
    const lock = takeLock(`${path}.lock`, 0);
    return new IndexPlace(path, realPathOf(stateDb), () => {
      lock.release();
    });
  }

  /**
   * A place that is removed when the server ends.
   * @throws if none can be created.
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

  /** Creates an empty file to build in, readable by its owner only. Removes what an interrupted attempt left. */
  clearBuilding(): void {
    removeDatabase(this.building);
    closeSync(openSync(this.building, 'w', 0o600));
  }

  /** Moves the built file into the place. The old one is removed first: its journal must not be taken for the new one's. */
  install(): void {
    removeDatabase(this.path);
    renameSync(this.building, this.path);
  }

  /** Releases the place. */
  release(): void {
    this.end();
  }
}

/** Why a place is not available, for the log. */
export function reasonOf(error: unknown): string {
  return error instanceof FileLockError ? 'another server uses it' : String(error);
}

/** Removes a database and its journals, if they exist. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}
