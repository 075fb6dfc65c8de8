import Sqlite, { type Database } from 'better-sqlite3';
import { completeTables, createTables, DROP_TEMPORARY_TABLES, LAYOUT_VERSION } from './tables.js';
import { isSqliteFailure } from '../file/sqlite-failure.js';
import { SqliteReader } from '../file/sqlite-reader.js';
import type { FileIdentity } from '../file/state-db-file.js';
import type { IndexPlace } from './index-place.js';
import { IndexWriter } from './index-writer.js';

/** How long a write waits for the lock of the index, in milliseconds; this server's threads only read it. */
const LOCK_WAIT = 1000;

/** WAL pages of 4 KiB in the journal of an index at which the writer checkpoints itself, if nobody did before. */
const LONGEST_JOURNAL = 10_000;

/** Names of what an index remembers about its history. */
const IDENTITY = 'identity';
const PROOF = 'proof';
const HISTORY = 'history';

/** Why a kept index cannot be used. */
export class UnusableIndexError extends Error {
  override readonly name = 'UnusableIndexError';
}

/**
 * Opens the index in a place, for writing.
 * @returns undefined if there is none.
 * @throws {UnusableIndexError} if it is damaged, of another version, or of another history.
 */
export function openIndex(place: IndexPlace, history: FileIdentity): IndexWriter | undefined {
  let db: Database | undefined;
  try {
    db = new Sqlite(place.path, { fileMustExist: true, timeout: LOCK_WAIT });
    const version = db.pragma('user_version', { simple: true });
    if (version !== LAYOUT_VERSION) throw new UnusableIndexError('it is of another version');
    const writer = prepared(db);
    if (writer.recall(IDENTITY) !== identityText(history))
      throw new UnusableIndexError('it is of another history');
    rememberHistory(writer, place);
    return writer;
  } catch (error) {
    db?.close();
    if (isSqliteFailure(error) && error.code === 'SQLITE_CANTOPEN') return undefined;
    if (isSqliteFailure(error) && /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(error.code))
      throw new UnusableIndexError('it is damaged', { cause: error });
    throw error;
  }
}

/** Creates an empty index, and opens it. */
export function createIndex(place: IndexPlace, history: FileIdentity): IndexWriter {
  place.clearBuilding();
  const db = new Sqlite(place.building);
  db.pragma('synchronous = OFF');
  db.exec(createTables('main'));
  db.exec(completeTables('main'));
  db.close();
  return installIndex(place, history);
}

/**
 * Creates an empty index in the memory of a connection to the history: for a server that has no folder to write to. Only that connection can query
 * it.
 */
export function createIndexInMemory(reader: SqliteReader): IndexWriter {
  const { db } = reader;
  db.exec(createTables('temp'));
  db.exec(completeTables('temp'));
  return new IndexWriter(reader, () => {
    if (db.open) db.exec(DROP_TEMPORARY_TABLES);
  });
}

/** Moves an index that was built into its place, and opens it. */
export function installIndex(place: IndexPlace, history: FileIdentity): IndexWriter {
  place.install();
  const writer = prepared(new Sqlite(place.path, { timeout: LOCK_WAIT }));
  writer.remember(IDENTITY, identityText(history));
  rememberHistory(writer, place);
  return writer;
}

/** Records the path of the history, so that a later server can tell whether the index is still needed. */
function rememberHistory(writer: IndexWriter, { history }: IndexPlace): void {
  if (history !== undefined && writer.recall(HISTORY) !== history) writer.remember(HISTORY, history);
}

/** The path of the history that an index belongs to; undefined if it is not recorded. */
export function historyOfIndex(db: Database): string | undefined {
  const path = db.prepare<[string]>('SELECT value FROM known_history WHERE name = ?').pluck().get(HISTORY);
  return typeof path === 'string' ? path : undefined;
}

/** Whether the index was found equal to the history when the history had this stamp. */
export function isProven(writer: IndexWriter, stamp: string): boolean {
  return writer.recall(PROOF) === stamp;
}

/** Records that the index was found equal to the history when the history had this stamp. */
export function prove(writer: IndexWriter, stamp: string): void {
  writer.remember(PROOF, stamp);
}

/** Whether an index can be read and written. Reads the whole file. */
export function isIntact({ reader: { db } }: IndexWriter): boolean {
  try {
    db.exec('BEGIN IMMEDIATE; PRAGMA user_version = 0');
    db.exec('ROLLBACK');
    return db.pragma('quick_check(1)', { simple: true }) === 'ok';
  } catch {
    if (db.inTransaction) db.exec('ROLLBACK');
    return false;
  }
}

/**
 * WAL mode, so that readers continue during writes. A crash of the machine may lose the last commits, which does not matter, but leaves the file
 * intact.
 */
function prepared(db: Database): IndexWriter {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  return new IndexWriter(new SqliteReader(db));
}

/** Turns automatic checkpoints off up to a limit, and leaves them to {@link checkpoint}. */
export function leaveCheckpoints({ reader: { db } }: IndexWriter): void {
  db.pragma(`wal_autocheckpoint = ${LONGEST_JOURNAL}`);
}

/** Moves what was written from the journal of an index to its file. Blocks neither readers nor writers. */
export function checkpoint(path: string): void {
  const db = new Sqlite(path, { fileMustExist: true });
  try {
    db.pragma('wal_checkpoint(PASSIVE)');
  } finally {
    db.close();
  }
}

function identityText({ device, inode }: FileIdentity): string {
  return `${device} ${inode}`;
}
