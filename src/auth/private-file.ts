import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../config/error-code.js';
import { makeFolder } from '../config/make-folder.js';
import { KeyFileError } from './key-file-error.js';

/** Permissions, as `chmod` has them: what anybody but the owner may do, who else may write, and that only owners remove their files. */
const ANYTHING_BY_OTHERS = 0o077;
const WRITING_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Failures to open or read a file that pass when the machine has more to give again. */
const PASSING: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'EIO']);

/** Links that lead to links are followed so far, as Linux does it. */
const MOST_LINKS = 40;

/**
 * The text of a file that nobody but its owner can know or replace; undefined where there is no file.
 * @throws {KeyFileError} where others can, or it cannot be read.
 */
export function readPrivately(path: string): string | undefined {
  try {
    return readChecked(path);
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const mayPass = code !== undefined && PASSING.has(code);
    throw new KeyFileError(`${path} cannot be read (${code ?? 'unknown'}).`, { mayPass, cause: error });
  }
}

/** What is checked belongs to what is read: another file can take the name at any time. */
function readChecked(path: string): string {
  // A pipe would keep whoever opens it waiting for its other end.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new KeyFileError(`${path} is no file.`);
    checkOwner(path, stats);
    if ((stats.mode & ANYTHING_BY_OTHERS) !== 0)
      throw new KeyFileError(`${path} can be read or written by others. Run: chmod 600 ${path}`);
    for (const folder of foldersOf(path)) checkFolder(folder);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * What is another whenever {@link readPrivately} may answer something else, so that a file need not be read to know that it is the same.
 * It throws nothing: what cannot be looked at is another state of the file.
 */
export function versionOfPrivate(path: string): string {
  try {
    return [path, ...foldersOf(path)]
      .map((each) => statSync(each, { bigint: true }))
      .map(({ ino, uid, mode, mtimeNs, size }, at) =>
        // A folder changes with whatever else lies in it.
        at === 0 ? `${ino} ${uid} ${mode} ${mtimeNs} ${size}` : `${ino} ${uid} ${mode}`,
      )
      .join(', ');
  } catch (error) {
    return errorCode(error) ?? 'unknown';
  }
}

/**
 * Where a file is, or will be, behind whatever links lead there; its folder is made where it is missing.
 * @throws {KeyFileError} where others could put a file there.
 */
export function preparePrivate(path: string): string {
  const target = targetOf(path);
  makeFolder(dirname(target));
  checkFolder(dirname(target));
  return target;
}

/**
 * Replaces a file by another that only its owner may read: at any moment, also one at which the power fails, there is the old file or the
 * new one, whole. A link to a file goes on leading there.
 * @throws {KeyFileError} where others could put a file there.
 */
export function writePrivately(path: string, text: string): void {
  const target = preparePrivate(path);
  const next = `${target}.${randomBytes(8).toString('hex')}.new`;
  try {
    writeNew(next, text);
    renameSync(next, target);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  syncFolder(dirname(target));
}

/**
 * Makes a file that only its owner may read, with all of its text at once, unless there is one already.
 * @throws {KeyFileError} where others could put a file there.
 */
export function createPrivately(path: string, text: string): void {
  const target = preparePrivate(path);
  const next = `${target}.${randomBytes(8).toString('hex')}.new`;
  try {
    writeNew(next, text);
    linkSync(next, target);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(next, { force: true });
  }
  syncFolder(dirname(target));
}

function writeNew(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    fchmodSync(file, 0o600);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A name is on the disk once the folder that holds it is. */
function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The folder of a name, and that of the file which it leads to. */
function foldersOf(path: string): readonly string[] {
  return [...new Set([dirname(path), dirname(realpathSync(path))])];
}

function checkFolder(path: string): void {
  const stats = statSync(path);
  checkOwner(path, stats);
  if ((stats.mode & WRITING_BY_OTHERS) !== 0 && (stats.mode & STICKY) === 0)
    throw new KeyFileError(
      `${path} can be written by others, who could replace the keys. Run: chmod go-w ${path}`,
    );
}

function checkOwner(path: string, { uid }: Pick<Stats, 'uid'>): void {
  const own = process.geteuid?.();
  if (own === undefined || uid === own || uid === 0) return;
  throw new KeyFileError(
    `${path} belongs to the user ${uid}; it must belong to the one that runs this, or to root.`,
  );
}

/** The file that a name leads to by whatever links, also where it is not there yet. */
export function targetOf(path: string, links = 0): string {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true || links === MOST_LINKS)
    return path;
  return targetOf(resolve(dirname(path), readlinkSync(path)), links + 1);
}
