import type { Logger } from 'pino';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { ApiError, ErrorCode } from './errors.js';

/** What callers bring about by what they ask for, and how often, and what passes by itself: nothing is wrong here, and nobody should be able to fill the log with it. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'agent_needed',
  'overloaded',
  'search_busy',
  'search_timeout',
  'store_busy',
]);

/** What goes on for a while, and is met by each request meanwhile. */
const lasting = new RepeatedWarning();

/**
 * Logs a failure as an operator wants to know of it: an error with its stack where nobody foresaw it, and each time. What is foreseen, such as
 * a history that is away, is said once and then now and then: the line of each request has its status, and its store says since when.
 * @param exception what was thrown.
 */
export function logFailure(
  logger: Pick<Logger, 'warn' | 'error'>,
  { status, code, message, cause }: ApiError,
  exception: unknown,
): void {
  const err = cause ?? exception;
  if (REFUSALS.has(code)) logger.warn({ code }, 'refused');
  else if (code === 'internal_error') logger.error({ err, code }, 'failed');
  else if (status >= 500 && lasting.isDue(`${code} ${message} ${String(cause)}`))
    logger[code === 'store_corrupt' ? 'error' : 'warn']({ err, code }, 'failed');
}
