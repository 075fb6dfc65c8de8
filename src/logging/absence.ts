import type { LoggerService } from '@nestjs/common';
import { RepeatedWarning } from './repeated-warning.js';

/**
 * How long there must be no failure before the end of an outage is logged, in milliseconds, so that an unstable state does not fill the
 * log.
 */
const SETTLED = 1000;

/** Logs that something is away, with repetitions at long intervals only, and once that it is back. */
export class Absence {
  readonly #warning: RepeatedWarning;
  #metAt = -Infinity;

  /** @param what is away; begins the logged sentence. */
  constructor(
    private readonly what: string,
    private readonly logger: Pick<LoggerService, 'warn' | 'log'>,
  ) {
    this.#warning = new RepeatedWarning(logger);
  }

  /** Records a failure. @param why a sentence. @param now milliseconds. */
  met(why: string, now = performance.now()): void {
    this.#metAt = now;
    this.#warning.warn(`${this.what} is away. ${why}`, now);
  }

  /** Records a success. */
  end(now = performance.now()): void {
    if (now - this.#metAt < SETTLED) return;
    if (this.#warning.end()) this.logger.log(`${this.what} is back.`);
  }
}
