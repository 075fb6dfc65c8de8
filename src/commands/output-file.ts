import { randomBytes } from 'node:crypto';
import { closeSync, createWriteStream, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { targetOf } from '../auth/private-file.js';

/** Why nothing is written to a path, in one sentence for whoever named it. */
export class OutputFileError extends Error {
  override readonly name = 'OutputFileError';
}

/** How a SQLite database begins: https://sqlite.org/fileformat.html#the_database_header */
const DATABASE_BEGINS = Buffer.from('SQLite format 3\0', 'latin1');

/** What SQLite has beside a database, by the end of its name. */
const BESIDE_DATABASE = /-(?:wal|shm|journal)$/;

/**
 * Where something is written to: a file that is there is whole, since it is written under a name of its own first. A link goes on leading to
 * its file, and what is no file, such as a pipe or a device, is written to as it is.
 */
export class OutputFile {
  readonly #target: string;
  /** Undefined where there is nothing to replace. */
  readonly #partial: string | undefined;

  /**
   * To be made before this process opens a history: closing a file takes away all locks of the process on it.
   * @throws {OutputFileError} where a database would be replaced.
   */
  constructor(path: string) {
    const isOther = statSync(path, { throwIfNoEntry: false })?.isFile() === false;
    this.#target = isOther ? path : targetOf(path);
    if (isOther) return;
    for (const file of [this.#target, this.#target.replace(BESIDE_DATABASE, '')])
      if (isDatabase(file))
        throw new OutputFileError(`${file} is a SQLite database, which is not replaced. Name another file.`);
    this.#partial = `${this.#target}.${randomBytes(4).toString('hex')}.partial`;
  }

  async write(content: Readable): Promise<void> {
    try {
      // Conversations are nobody else's business.
      const options = this.#partial === undefined ? {} : { flags: 'wx', mode: 0o600 };
      await pipeline(content, createWriteStream(this.#partial ?? this.#target, options));
      if (this.#partial !== undefined) renameSync(this.#partial, this.#target);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Takes away what is written only in part. */
  discard(): void {
    if (this.#partial !== undefined) rmSync(this.#partial, { force: true });
  }
}

function isDatabase(path: string): boolean {
  // A pipe would keep whoever opens it waiting for its other end.
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
