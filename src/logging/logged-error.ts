import { errorCode } from '../config/error-code.js';

/** The parts of an error that are logged. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/** Most causes that are followed, because an error may be its own cause. */
const MOST_CAUSES = 5;

/**
 * The loggable form of an error. Drivers attach statements and parameters to their errors, such as ids, titles and search texts, which
 * must not be logged.
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

/** Recognized by its shape: errors of Node's own modules may come from another realm. */
function isError(error: unknown): error is Error {
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  );
}
