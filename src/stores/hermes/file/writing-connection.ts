import Sqlite, { type Database } from 'better-sqlite3';
import { fileIdentity } from './state-db-file.js';
import { isBusy } from './sqlite-failure.js';
import type { Layout } from './layout.js';
import type { SqliteReader } from './sqlite-reader.js';
import { WRITING } from '../waits.js';

/**
 * A connection that may write, like Hermes's own. Close it soon: a connection that stays open keeps the content of the file's journal, and would
 * write it into whatever the owner restores meanwhile.
 */
export function openWriting(path: string): Database {
  const db = new Sqlite(path, { fileMustExist: true, timeout: WRITING.begin });
  // The driver enables foreign keys; Hermes leaves them off, and its rows may violate them.
  db.pragma('foreign_keys = OFF');
  return db;
}

/** Runs one `BEGIN IMMEDIATE` transaction; `body` must be synchronous. */
export function writeWhole<T>(reader: SqliteReader, body: () => T): T {
  const { db } = reader;
  db.pragma(`busy_timeout = ${WRITING.begin}`);
  return reader.transaction('BEGIN IMMEDIATE', () => {
    const result = body();
    // In journal mode DELETE, current readers have to finish first: at most our own searches.
    db.pragma(`busy_timeout = ${WRITING.commit}`);
    return result;
  });
}

/** Rolls back what a crashed writer left, which a read-only connection must not do. */
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
 * Loads Hermes's tokenizer into a connection, if the triggers of this layout need it.
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
    // A file that is not an extension for this platform counts as missing; a deletion then reports that.
    return false;
  }
}
