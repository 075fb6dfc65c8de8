import type { Logger } from 'pino';
import { DomainError } from '../domain/errors.js';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { ApiError, ErrorCode } from './errors.js';

/**
 * Refusals that follow from a caller's requests, or that pass by themselves. The server is fine, and nobody should be able to fill the log with them.
 */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'agent_needed',
  'overloaded',
  'search_busy',
  'search_timeout',
  'store_busy',
]);

declare module 'fastify' {
  interface FastifyInstance {
    /** The log for failures that are answered. */
    failureLog: FailureLog;
  }
}

/** Logs failures as the operator of one application needs to know them. */
export class FailureLog {
  /** Lasting failures, which every request meets while they last. */
  readonly #lasting = new RepeatedWarning();

  /**
   * Logs a failure. An unforeseen one is logged each time, with its stack. A foreseen one, such as an unavailable history, is logged once and then
   * now and then: each request's log line has its status, and the store logs since when.
   * @param exception the thrown error.
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
