import Sqlite, { type Database } from 'better-sqlite3';
import { fileIdentity } from './state-db-file.js';
import { isBusy } from './sqlite-failure.js';
import { schemaCookie, type Layout } from './layout.js';

/** How long SQLite itself waits for a lock, in milliseconds. It blocks the process, so longer waits are ours. */
const LOCK_WAIT = 5;

/**
 * A connection that may write, as Hermes's own are. It is meant to be closed soon: a connection that stays
 * open keeps what is in the file's journal, and would write that into whatever the owner restores meanwhile.
 */
export function openWriting(path: string): Database {
  const db = new Sqlite(path, { fileMustExist: true, timeout: LOCK_WAIT });
  // The driver switches foreign keys on; Hermes leaves them off, and its rows may break them.
  db.pragma('foreign_keys = OFF');
  return db;
}

/** Plays back what a crashed writer left, which a read-only connection may not. */
export function recover(path: string): void {
  const db = openWriting(path);
  try {
    schemaCookie(db);
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
