import type { Logger } from 'pino';
import { DomainError } from '../domain/errors.js';
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

declare module 'fastify' {
  interface FastifyInstance {
    /** Where what answers failures says so. */
    failureLog: FailureLog;
  }
}

/** Says what failed, as the operator of one application wants to know of it. */
export class FailureLog {
  /** What goes on for a while, and is met by each request meanwhile. */
  readonly #lasting = new RepeatedWarning();

  /**
   * Logs a failure: an error with its stack where nobody foresaw it, and each time. What is foreseen, such as a history that is away, is said once
   * and then now and then: the line of each request has its status, and its store says since when.
   * @param exception what was thrown.
   */
  write(
    logger: Pick<Logger, 'warn' | 'error'>,
    { status, code, message, cause }: ApiError,
    exception: unknown,
  ): void {
    const err = cause ?? exception;
    const profile = exception instanceof DomainError ? exception.profile : undefined;
    const said = profile === undefined ? { err, code } : { err, code, profile };
    if (REFUSALS.has(code)) logger.warn({ code }, 'refused');
    else if (code === 'internal_error') logger.error(said, 'failed');
    else if (status >= 500 && this.#lasting.isDue(JSON.stringify([code, profile, message, String(cause)])))
      logger[code === 'store_corrupt' ? 'error' : 'warn'](said, 'failed');
  }
}
