import { errorCode } from '../config/error-code.js';

/** What a log may say of an error. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/** Causes that are followed: an error may be its own. */
const MOST_CAUSES = 5;

/**
 * An error as it is logged. Drivers add what they were asked to their errors, statements with ids, titles and search texts among their
 * parameters, which belong in no log.
 */
export function toLoggedError(error: unknown, depth = 0): LoggedError {
  if (!isError(error)) return { type: typeof error, message: 'Something that is no error was thrown.' };
  const { name, message, stack, cause } = error;
  const code = errorCode(error);
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined || depth === MOST_CAUSES ? {} : { cause: toLoggedError(cause, depth + 1) }),
  };
}

/** Told by its form: errors of the system's own parts can be of another realm. */
function isError(error: unknown): error is Error {
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  );
}
