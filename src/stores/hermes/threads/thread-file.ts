import { threadId } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { readLayout, type Layout } from '../file/layout.js';
import { ReaderGate, turnsOf, type SharedGate } from '../file/reader-gate.js';
import { SqliteReader } from '../file/sqlite-reader.js';

/** How long SQLite waits for a lock; it only blocks this thread. Milliseconds. */
const LOCK_WAIT = 2000;

/** A history as a thread is told of it. */
export interface ThreadSource {
  readonly path: string;
  readonly gate: SharedGate;
}

/** A history as a thread of this process reads it. */
export interface ThreadFile {
  readonly reader: SqliteReader;
  readonly layout: Layout;
}

/** Opens a history on a read-only connection of the thread's own. The thread ends when the file is opened anew. */
export function openThreadFile({ path, gate }: ThreadSource): ThreadFile {
  const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: LOCK_WAIT });
  db.pragma('temp_store = MEMORY');
  const reader = new SqliteReader(db, turnsOf(db, new ReaderGate(gate, ReaderGate.slotOfThread(threadId))));
  return { reader, layout: readLayout(db) };
}
