import { threadId } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { DeadlineError } from '../../../sessions/search/deadline.js';
import { readLayout, type HistoryMoment } from '../file/layout.js';
import { ReaderGate, turnsOf, type SharedGate } from '../file/reader-gate.js';
import { isSqliteFailure } from '../file/sqlite-failure.js';
import { SqliteReader } from '../file/sqlite-reader.js';
import { READING } from '../waits.js';

/** A history as passed to a thread. */
export interface ThreadSource {
  readonly path: string;
  readonly gate: SharedGate;
  /** See {@link SqliteReader.follow}. */
  readonly rewrites: number;
}

/**
 * Opens a history on the thread's own read-only connection, which must follow the file with each task. The thread ends when the file is opened again.
 */
export function openThreadFile({ path, gate }: ThreadSource): HistoryMoment {
  const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: READING.lockElsewhere });
  db.pragma('temp_store = MEMORY');
  const reader = new SqliteReader(db, turnsOf(db, new ReaderGate(gate, ReaderGate.slotOfThread(threadId))));
  const layout = readLayout(db);
  reader.keepPages('main');
  return { reader, layout };
}

/** The outcome of a thread's task. SQLite's failures are passed as data, since errors lose their class and code between threads. */
export type ThreadOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'forgotten' };

/** A task continues what another thread began, and that thread has ended. */
export class ForgottenError extends Error {
  override readonly name = 'ForgottenError';
}

/** Runs the work of a thread. */
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
