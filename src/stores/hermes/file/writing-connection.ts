import Sqlite, { type Database } from 'better-sqlite3';
import { fileIdentity } from './state-db-file.js';
import { isBusy } from './sqlite-failure.js';
import type { Layout } from './layout.js';
import type { SqliteReader } from './sqlite-reader.js';

/**
 * How long SQLite itself waits to begin, and to commit, in milliseconds. It blocks the process, so longer waits for a
 * beginning are ours; but a commit that gives up has done its work for nothing, and lets new readers in before it.
 */
const BEGIN_WAIT = 5;
const COMMIT_WAIT = 100;

/**
 * A connection that may write, as Hermes's own are. It is meant to be closed soon: a connection that stays
 * open keeps what is in the file's journal, and would write that into whatever the owner restores meanwhile.
 */
export function openWriting(path: string): Database {
  const db = new Sqlite(path, { fileMustExist: true, timeout: BEGIN_WAIT });
  // The driver switches foreign keys on; Hermes leaves them off, and its rows may break them.
  db.pragma('foreign_keys = OFF');
  return db;
}

/** Runs one `BEGIN IMMEDIATE` transaction; `body` must not wait for anything. */
export function writeWhole<T>(reader: SqliteReader, body: () => T): T {
  const { db } = reader;
  db.pragma(`busy_timeout = ${BEGIN_WAIT}`);
  return reader.transaction('BEGIN IMMEDIATE', () => {
    const result = body();
    // Where the journal mode is DELETE, whoever reads at this moment has to end first: our own searches, at most.
    db.pragma(`busy_timeout = ${COMMIT_WAIT}`);
    return result;
  });
}

/** Plays back what a crashed writer left, which a read-only connection may not. */
export function recover(path: string): void {
  const db = openWriting(path);
  try {
    db.pragma('schema_version');
  } catch (error) {
    if (!isBusy(error)) throw error;
  } finally {
    db.close();
  }
}

/**
 * Makes Hermes's tokenizer known to a connection where the triggers of this layout need it.
 * @param tokenizer the extension's file, which may not exist.
 * @returns whether statements that fire the triggers can run.
 */
export function prepareTriggers(db: Database, layout: Layout, tokenizer: string): boolean {
  if (!layout.needsCjkTokenizer) return true;
  if (fileIdentity(tokenizer) === undefined) return false;
  try {
    db.loadExtension(tokenizer);
    return true;
  } catch {
    // A file that is no extension for this platform is as good as none; a delete then says so.
    return false;
  }
}
