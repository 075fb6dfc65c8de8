import { statSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { isHermesLayout, readLayout, type Layout } from './layout.js';
import { whyOutOfReach } from './reach.js';
import { journalOf } from './real-file.js';
import { whyNoDriver } from './sqlite-driver.js';
import { isSqliteFailure } from './sqlite-failure.js';

/** Why a path cannot be served, in one sentence for the person who set it. */
export class StateDbFileError extends Error {
  override readonly name = 'StateDbFileError';
}

/** Identifies the file behind a path: an owner who restores a backup puts another file in its place. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
  /** The inode of its `-wal`; undefined if it has none. */
  readonly wal: number | undefined;
}

/** The state of a file by `stat`. */
export interface FileState extends FileIdentity {
  /** Differs after every write, except for further writes within one {@link STEP}. */
  readonly contents: string;
  /** When it was last written to, in milliseconds since 1970, even if its modification time was set afterwards. */
  readonly writtenAt: number;
  /** Bytes of its `-wal`; 0 if it has none. */
  readonly journalBytes: number;
  /** When its `-wal` was last written to or truncated, in milliseconds since 1970. */
  readonly journalAt: number | undefined;
}

/**
 * The file that a path currently names. Uses `stat`, since opening and closing a descriptor on a SQLite file drops this process's locks on it
 * (POSIX).
 * @returns undefined if there is no file, or it cannot be reached.
 */
export function fileIdentity(path: string): FileState | undefined {
  const file = statOf(path);
  if (file?.isFile() !== true) return undefined;
  const wal = statOf(journalOf(path));
  return {
    device: Number(file.dev),
    inode: Number(file.ino),
    wal: wal === undefined ? undefined : Number(wal.ino),
    contents: `${file.size} ${file.mtimeNs}`,
    writtenAt: Number(file.ctimeMs),
    journalBytes: Number(wal?.size ?? 0),
    journalAt: wal === undefined ? undefined : Number(wal.ctimeMs),
  };
}

/**
 * Whether a path still names the opened file. A `-wal` that was removed or replaced makes it another file: a process with the old one open would go
 * on reading what nobody else sees. An added one belongs to the same file.
 */
export function isSameFile(now: FileIdentity | undefined, opened: FileIdentity | undefined): boolean {
  return (
    now !== undefined &&
    opened !== undefined &&
    now.device === opened.device &&
    now.inode === opened.inode &&
    (opened.wal === undefined || now.wal === opened.wal)
  );
}

/** Size in bytes; 0 if there is no file, or it cannot be reached. */
export function fileSize(path: string): number {
  return Number(statOf(path)?.size ?? 0);
}

/** Resolution of file times, in milliseconds: of two changes within one step, only the first leaves a trace. */
export const STEP = 100;

/** What the file system knows of a history and its journal. */
export interface HistoryStamp {
  /** Differs after every change, and for another file at the path. */
  readonly text: string;
  /** Differs after every change of their contents; but not if a backup only creates a hard link to one of them. */
  readonly contents: string;
  /** Whether the last change is so long ago that another one would leave a trace. */
  readonly isSettled: boolean;
}

/**
 * Reads the stamp of a history; undefined if there is none. The change time (ctime) cannot be set, so a restored backup that keeps its own
 * modification time is noticed too.
 */
export function stampOf(stateDb: string): HistoryStamp | undefined {
  const now = BigInt(Date.now());
  const files = [stateDb, journalOf(stateDb)].map(statOf);
  if (files[0] === undefined) return undefined;
  const toText = (valuesOf: (file: BigIntStats) => readonly bigint[]): string =>
    files.map((file) => (file === undefined ? '' : valuesOf(file).join(' '))).join('|');
  return {
    text: toText(({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs]),
    contents: toText(({ ino, size, mtimeNs }) => [ino, size, mtimeNs]),
    isSettled: files.every((file) => file === undefined || file.ctimeMs < now - BigInt(STEP)),
  };
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A folder on the path cannot be entered, or is not a folder.
    return undefined;
  }
}

/**
 * Makes sure that `path` is a Hermes history.
 * @throws {StateDbFileError} for a missing, empty, unreachable, unreadable, non-SQLite or non-Hermes file.
 */
export function checkStateDbFile(path: string): void {
  const refusal = whyOutOfReach(path);
  if (refusal !== undefined) {
    throw new StateDbFileError(
      `${path} cannot be reached (${refusal}). The user that runs this must be able to enter every folder on the way there.`,
    );
  }
  const stats = statOf(path);
  if (stats === undefined) {
    throw new StateDbFileError(
      `There is no file at ${path}. Set HERMES_HOME to Hermes's folder or STATE_DB to a state.db.`,
    );
  }
  if (!stats.isFile()) throw new StateDbFileError(`${path} is not a file. Set STATE_DB to a state.db.`);
  if (stats.size === 0n) {
    throw new StateDbFileError(`${path} is empty. Start Hermes once, or set STATE_DB to another state.db.`);
  }
  if (!isHermesLayout(readLayoutOf(path))) {
    throw new StateDbFileError(
      `${path} is a SQLite database but not a Hermes history: it has no tables "sessions" and "messages" of Hermes's form.`,
    );
  }
}

function readLayoutOf(path: string): Layout {
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 2000 });
    return readLayout(db);
  } catch (error) {
    throw new StateDbFileError(whyNoDriver(error) ?? sentenceFor(path, error), { cause: error });
  } finally {
    db?.close();
  }
}

function sentenceFor(path: string, error: unknown): string {
  const code = isSqliteFailure(error) ? error.code : '';
  if (code === 'SQLITE_NOTADB') return `${path} is not a SQLite database.`;
  if (code.startsWith('SQLITE_CORRUPT')) return `${path} is a damaged SQLite database.`;
  if (code.startsWith('SQLITE_BUSY')) return `${path} is locked by another program; try again.`;
  if (code === 'SQLITE_READONLY_ROLLBACK')
    return `${path} was left by a program that ended in the middle of a change: ${path}-journal has what the change replaced, and the next program that opens the history for writing puts it back. That is Hermes, or this server when it starts, as a user that may write to the file and to its folder.`;
  // https://sqlite.org/wal.html#read_only_databases
  if (/^SQLITE_(READONLY|CANTOPEN)/.test(code))
    return `${path} cannot be opened (${code}): this user must be able to read it and to write to its folder ${dirname(path)}, where SQLite keeps files beside a history in WAL mode. A copy for reading alone can be served once it is out of that mode: sqlite3 copy.db 'PRAGMA journal_mode = DELETE'.`;
  return `${path} cannot be opened (${code === '' ? String(error) : code}). Check its permissions.`;
}
