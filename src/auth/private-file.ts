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

/** Permission bits as in `chmod`: any access by others, writing by group or others, and deletion by owners only (sticky). */
const ANYTHING_BY_OTHERS = 0o077;
const WRITING_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Temporary failures to open or read a file, caused by a lack of resources. */
const PASSING: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'EIO']);

/** Maximum length of a chain of symbolic links, as in Linux. */
const MOST_LINKS = 40;

/**
 * Reads a file that only its owner can read or replace; undefined if it does not exist.
 * @throws {KeyFileError} if others can, or if it cannot be read.
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

/** Checks and reads the same open descriptor: another file can take the name at any time. */
function readChecked(path: string): string {
  // Opening a pipe without O_NONBLOCK would wait for its other end.
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
 * A version that changes whenever {@link readPrivately} may return something else, so that an unchanged file need not be read again. Never throws: a
 * failure is a version of its own.
 */
export function versionOfPrivate(path: string): string {
  try {
    return [path, ...foldersOf(path)]
      .map((each) => statSync(each, { bigint: true }))
      .map(({ ino, uid, mode, mtimeNs, size }, at) =>
        // A folder's size and times change with any other file in it.
        at === 0 ? `${ino} ${uid} ${mode} ${mtimeNs} ${size}` : `${ino} ${uid} ${mode}`,
      )
      .join(', ');
  } catch (error) {
    return errorCode(error) ?? 'unknown';
  }
}

/**
 * Resolves the target of a file through symbolic links, and creates its folder if missing. The file itself need not exist.
 * @throws {KeyFileError} if others could put a file there.
 */
export function preparePrivate(path: string): string {
  const target = targetOf(path);
  makeFolder(dirname(target));
  checkFolder(dirname(target));
  return target;
}

/**
 * Atomically replaces a file by one that only its owner may read. Even after a power failure, either the old or the new file exists as a whole.
 * Symbolic links to the file are preserved.
 * @throws {KeyFileError} if others could put a file there.
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
 * Creates a file that only its owner may read, with its whole text at once, unless it already exists.
 * @throws {KeyFileError} if others could put a file there.
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

/** Flushes a folder: a renamed or new file is durable only after that. */
function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The folder of a path, and the folder of the file that it resolves to. */
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

/** Resolves a path through symbolic links; the target need not exist. */
export function targetOf(path: string, links = 0): string {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true || links === MOST_LINKS)
    return path;
  return targetOf(resolve(dirname(path), readlinkSync(path)), links + 1);
}
