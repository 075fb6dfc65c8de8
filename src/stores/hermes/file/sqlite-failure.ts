import Sqlite from 'better-sqlite3';
import { ApiError } from '../../../http/errors.js';

/** Whether another connection held a lock, so that trying again makes sense. */
export function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

/**
 * Whether a crashed writer left a journal that a read-only connection may not play back
 * (https://sqlite.org/rescode.html#readonly_rollback).
 */
export function needsRecovery(error: unknown): boolean {
  return (
    error instanceof Sqlite.SqliteError && /^SQLITE_READONLY_(ROLLBACK|RECOVERY|CANTINIT)$/.test(error.code)
  );
}

/** What a caller may know of a failure of SQLite; any other error is returned as it is. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof ApiError || !(error instanceof Sqlite.SqliteError)) return error;
  if (isBusy(error)) return new ApiError('store_busy', { cause: error });
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) return new ApiError('store_corrupt', { cause: error });
  if (error.message.includes('no such tokenizer'))
    return new ApiError('tokenizer_unavailable', { cause: error });
  if (/^SQLITE_(CANTOPEN|IOERR|READONLY|FULL|PERM|AUTH)/.test(error.code)) {
    return new ApiError('store_unavailable', { cause: error });
  }
  return error;
}
