import { toApiError, type ApiError } from '../http/errors.js';

/** Receives the internal details of a failure, which callers do not get. */
export type FailureLog = (error: ApiError, failure: unknown) => void;

/** The text about a failure for a client that sees neither status nor headers. */
export function refusalText(failure: unknown, log: FailureLog): string {
  const error = toApiError(failure);
  if (error.status >= 500) log(error, failure);
  const later = error.retryAfter === undefined ? '' : ` Try again in ${error.retryAfter} s.`;
  return `${error.code}: ${error.message}${later}`;
}
