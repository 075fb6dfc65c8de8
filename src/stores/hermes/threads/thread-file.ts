import { threadId } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { DeadlineError } from '../../../sessions/search/deadline.js';
import { readLayout, type HistoryMoment } from '../file/layout.js';
import { ReaderGate, turnsOf, type SharedGate } from '../file/reader-gate.js';
import { isSqliteFailure } from '../file/sqlite-failure.js';
import { SqliteReader } from '../file/sqlite-reader.js';

/** How long SQLite waits for a lock; it only blocks this thread. Milliseconds. */
const LOCK_WAIT = 2000;

/** A history as a thread is told of it. */
export interface ThreadSource {
  readonly path: string;
  readonly gate: SharedGate;
  /** See {@link SqliteReader.follow}. */
  readonly rewrites: number;
}

/**
 * Opens a history on a read-only connection of the thread's own, which has to follow the file with each task. The thread ends when the file is
 * opened anew.
 */
export function openThreadFile({ path, gate }: ThreadSource): HistoryMoment {
  const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: LOCK_WAIT });
  db.pragma('temp_store = MEMORY');
  const reader = new SqliteReader(db, turnsOf(db, new ReaderGate(gate, ReaderGate.slotOfThread(threadId))));
  const layout = readLayout(db);
  reader.keepPages('main');
  return { reader, layout };
}

/** How a task of a thread ended; what SQLite refused is told as data, since errors lose their class and code between threads. */
export type ThreadOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'forgotten' };

/** Says that a task goes on with what another thread has begun, which has ended. */
export class ForgottenError extends Error {
  override readonly name = 'ForgottenError';
}

/** Does the work of a thread. */
export function outcomeOf<T>(work: () => T): ThreadOutcome<T> {
  try {
    return { kind: 'done', value: work() };
  } catch (error) {
    if (error instanceof DeadlineError) return { kind: 'timeout' };
    if (error instanceof ForgottenError) return { kind: 'forgotten' };
    if (!isSqliteFailure(error)) throw error;
    return { kind: 'refused', code: error.code, message: error.message };
  }
}
