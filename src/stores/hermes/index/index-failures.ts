import { DomainError } from '../../../domain/errors.js';

/** Error codes that prevent writing in one place, while another place may work. */
export const NO_PLACE =
  /^(SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)|E(ACCES|PERM|ROFS|NOSPC|DQUOT|FBIG|IO|NOTDIR|EXIST|NOENT))/;

/** Error codes of an index that is damaged or cannot be written. */
export const BREAKS = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB)/;

/** Error codes that only writing can cause. The history is only read here, so the index is what failed. */
export const WRITE_FAILURES = /^SQLITE_(FULL|IOERR_(WRITE|FSYNC|DIR_FSYNC|TRUNCATE))/;

/** The original failure behind a {@link DomainError}, before it was translated for callers. */
export function sqliteFailureIn(error: unknown): unknown {
  return error instanceof DomainError ? (error.cause ?? error) : error;
}
