import { toApiError, type ApiError } from '../http/errors.js';

/** Is told what nobody else is: what went wrong in here. */
export type FailureLog = (error: ApiError, failure: unknown) => void;

/** What somebody is told of a failure, who cannot see what an answer over HTTP has beside its text. */
export function refusalText(failure: unknown, log: FailureLog): string {
  const error = toApiError(failure);
  if (error.status >= 500) log(error, failure);
  const later = error.retryAfter === undefined ? '' : ` Try again in ${error.retryAfter} s.`;
  return `${error.code}: ${error.message}${later}`;
}
