import { randomBytes } from 'node:crypto';
import { closeSync, createWriteStream, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { targetOf } from '../auth/private-file.js';
import { systemReason } from '../config/error-code.js';

/** Why a path cannot be written, in one sentence for the user. */
export class OutputFileError extends Error {
  override readonly name = 'OutputFileError';
}

/** The header of a SQLite database: https://sqlite.org/fileformat.html#the_database_header */
const DATABASE_BEGINS = Buffer.from('SQLite format 3\0', 'latin1');

/** Suffixes of the files that SQLite keeps beside a database. */
const BESIDE_DATABASE = /-(?:wal|shm|journal)$/;

/**
 * An output file that is written under a temporary name first, so that an existing file is always complete. Symbolic links are preserved. Pipes and
 * devices are written directly.
 */
export class OutputFile {
  readonly #target: string;
  /** The temporary name; undefined for pipes and devices. */
  readonly #partial: string | undefined;

  /**
   * Must be created before this process opens a history: closing a file releases all locks of the process on it.
   * @throws {OutputFileError} if the path is empty or a folder's, or if a database would be replaced.
   */
  constructor(path: string) {
    if (path === '') throw new OutputFileError('The output file has no name.');
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true)
      throw new OutputFileError(`${path} is a folder. Give the path of a file.`);
    const isOther = stats?.isFile() === false;
    this.#target = isOther ? path : targetOf(path);
    if (isOther) return;
    for (const file of [this.#target, this.#target.replace(BESIDE_DATABASE, '')])
      if (isDatabase(file))
        throw new OutputFileError(
          `${file} is a SQLite database and will not be overwritten. Choose another file.`,
        );
    this.#partial = `${this.#target}.${randomBytes(4).toString('hex')}.partial`;
  }

  async write(content: Readable): Promise<void> {
    try {
      // Conversations are private: only the owner may read the file.
      const options = this.#partial === undefined ? {} : { flags: 'wx', mode: 0o600 };
      await pipeline(content, createWriteStream(this.#partial ?? this.#target, options));
      if (this.#partial !== undefined) renameSync(this.#partial, this.#target);
    } catch (error) {
      this.discard();
      const reason = this.#isOwn(error) ? systemReason(error) : undefined;
      if (reason === undefined) throw error;
      throw new OutputFileError(`${this.#target} cannot be written: ${reason}.`, { cause: error });
    }
  }

  /** Whether an error is about this file, not about what its content is read from. */
  #isOwn(error: unknown): boolean {
    if (typeof error !== 'object' || error === null) return false;
    const isOfFile = 'path' in error && error.path === (this.#partial ?? this.#target);
    return isOfFile || ('syscall' in error && error.syscall === 'write');
  }

  /** Removes an incomplete file. */
  discard(): void {
    if (this.#partial !== undefined) rmSync(this.#partial, { force: true });
  }
}

function isDatabase(path: string): boolean {
  // Opening a pipe would wait for its other end.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const file = openSync(path, 'r');
  try {
    const beginning = Buffer.alloc(DATABASE_BEGINS.length);
    readSync(file, beginning);
    return beginning.equals(DATABASE_BEGINS);
  } finally {
    closeSync(file);
  }
}
