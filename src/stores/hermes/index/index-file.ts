import Sqlite, { type Database } from 'better-sqlite3';
import { completeTables, createTables, DROP_TEMPORARY_TABLES, LAYOUT_VERSION } from './tables.js';
import { isSqliteFailure } from '../file/sqlite-failure.js';
import { SqliteReader } from '../file/sqlite-reader.js';
import type { FileIdentity } from '../file/state-db-file.js';
import type { IndexPlace } from './index-place.js';
import { IndexWriter } from './index-writer.js';

/** How long a write waits for the lock of the index, which threads of this server only read; in milliseconds. */
const LOCK_WAIT = 1000;

/** Pages of 4 KiB in the journal of an index from which on whoever writes moves them into its file, where nobody else did before. */
const LONGEST_JOURNAL = 10_000;

/** What an index remembers of its history. */
const IDENTITY = 'identity';
const PROOF = 'proof';
const HISTORY = 'history';

/** Why an index that was kept is of no use. */
export class UnusableIndexError extends Error {
  override readonly name = 'UnusableIndexError';
}

/**
 * Opens the index that lies in a place, for writing.
 * @returns undefined where there is none.
 * @throws {UnusableIndexError} where it is damaged, of another version, or of another history.
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

/** Makes an index of nothing, and opens it. */
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
 * Makes an index of nothing in the memory of a connection to the history, which alone can ask it: for a server that has no folder to write to.
 */
export function createIndexInMemory(reader: SqliteReader): IndexWriter {
  const { db } = reader;
  db.exec(createTables('temp'));
  db.exec(completeTables('temp'));
  return new IndexWriter(reader, () => {
    if (db.open) db.exec(DROP_TEMPORARY_TABLES);
  });
}

/** Opens an index that was made where it is built. */
export function installIndex(place: IndexPlace, history: FileIdentity): IndexWriter {
  place.install();
  const writer = prepared(new Sqlite(place.path, { timeout: LOCK_WAIT }));
  writer.remember(IDENTITY, identityText(history));
  rememberHistory(writer, place);
  return writer;
}

/** Who finds the index later has to know whether anybody can still want it. */
function rememberHistory(writer: IndexWriter, { history }: IndexPlace): void {
  if (history !== undefined && writer.recall(HISTORY) !== history) writer.remember(HISTORY, history);
}

/** The path of the history that an index is of; undefined where it does not tell. */
export function historyOfIndex(db: Database): string | undefined {
  const path = db.prepare<[string]>('SELECT value FROM known_history WHERE name = ?').pluck().get(HISTORY);
  return typeof path === 'string' ? path : undefined;
}

/** Whether the index was found equal to the history when that had this stamp. */
export function isProven(writer: IndexWriter, stamp: string): boolean {
  return writer.recall(PROOF) === stamp;
}

/** Remembers that the index was found equal to the history when that had this stamp. */
export function prove(writer: IndexWriter, stamp: string): void {
  writer.remember(PROOF, stamp);
}

/** Whether an index can be read and written. Reads all of it. */
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

/** Readers go on while it is written. What a crash of the machine takes away is not missed, but what is left is whole. */
function prepared(db: Database): IndexWriter {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  return new IndexWriter(new SqliteReader(db));
}

/** Leaves it to {@link checkpoint} to move what is written from the journal of an index to its file. */
export function leaveCheckpoints({ reader: { db } }: IndexWriter): void {
  db.pragma(`wal_autocheckpoint = ${LONGEST_JOURNAL}`);
}

/** Moves what was written from the journal of an index to its file, which keeps neither readers nor whoever writes waiting. */
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
