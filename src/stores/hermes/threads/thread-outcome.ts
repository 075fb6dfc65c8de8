import { isSqliteFailure } from '../file/sqlite-failure.js';

/** How a task of a thread ended; SQLite's refusals are told as data, since errors lose their class and code between threads. */
export type ThreadOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** Does the work of a thread. */
export function outcomeOf<T>(work: () => T): ThreadOutcome<T> {
  try {
    return { kind: 'done', value: work() };
  } catch (error) {
    if (!isSqliteFailure(error)) throw error;
    return { kind: 'refused', code: error.code, message: error.message };
  }
}

/**
 * What a thread's work gave, on the other side.
 * @throws {SqliteFailure} what SQLite refused there.
 */
export function valueOf<T>(outcome: ThreadOutcome<T>): T {
  if (outcome.kind === 'done') return outcome.value;
  throw Object.assign(new Error(outcome.message), { code: outcome.code });
}
