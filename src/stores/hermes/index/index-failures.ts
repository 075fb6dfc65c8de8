import { DomainError } from '../../../domain/errors.js';

/** What keeps a place from being written to, where another one may do. */
export const NO_PLACE =
  /^(SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)|E(ACCES|PERM|ROFS|NOSPC|DQUOT|FBIG|IO|NOTDIR|EXIST|NOENT))/;

/** What an index can fail with that is damaged, or cannot be written. */
export const BREAKS = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB)/;

/** What only a file that is written can fail with; the history is none of these to whoever reads it. */
export const WRITE_FAILURES = /^SQLITE_(FULL|IOERR_(WRITE|FSYNC|DIR_FSYNC|TRUNCATE))/;

/** What was refused, as it was before it was made into what a caller may know. */
export function sqliteFailureIn(error: unknown): unknown {
  return error instanceof DomainError ? (error.cause ?? error) : error;
}
