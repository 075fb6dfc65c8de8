import { ApiError } from '../../../http/errors.js';

/** What SQLite itself refused; `code` is the name of an extended result code (https://sqlite.org/rescode.html). */
export interface SqliteFailure extends Error {
  readonly code: string;
}

/**
 * Whether SQLite refused something. Told by the error's form: the driver hands the class of its errors to its
 * native part once a process, so a second copy of the driver, or another realm, does not know them by `instanceof`.
 */
export function isSqliteFailure(error: unknown): error is SqliteFailure {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('SQLITE_')
  );
}

/** Whether another connection held a lock, so that trying again makes sense. */
export function isBusy(error: unknown): boolean {
  return isSqliteFailure(error) && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

/**
 * Whether a crashed writer left a journal that a read-only connection may not play back
 * (https://sqlite.org/rescode.html#readonly_rollback).
 */
export function needsRecovery(error: unknown): boolean {
  return isSqliteFailure(error) && /^SQLITE_READONLY_(ROLLBACK|RECOVERY|CANTINIT)$/.test(error.code);
}

/** What a caller may know of a failure of SQLite; any other error is returned as it is. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof ApiError || !isSqliteFailure(error)) return error;
  if (isBusy(error)) return new ApiError('store_busy', { cause: error });
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) return new ApiError('store_corrupt', { cause: error });
  if (error.message.includes('no such tokenizer'))
    return new ApiError('tokenizer_unavailable', { cause: error });
  if (/^SQLITE_(CANTOPEN|IOERR|READONLY|FULL|PERM|AUTH)/.test(error.code)) {
    return new ApiError('store_unavailable', { cause: error });
  }
  return error;
}
