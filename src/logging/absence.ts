import type { LoggerService } from '@nestjs/common';
import { RepeatedWarning } from './repeated-warning.js';

/** For how long nothing may have failed before something is told to be back, in milliseconds: what comes and goes fills no log. */
const SETTLED = 1000;

/** Says in the log that something is away, once and then now and then however often it is met, and once that it is back. */
export class Absence {
  readonly #warning: RepeatedWarning;
  #metAt = -Infinity;

  /** @param what is away, as a sentence begins with it. */
  constructor(
    private readonly what: string,
    private readonly logger: Pick<LoggerService, 'warn' | 'log'>,
  ) {
    this.#warning = new RepeatedWarning(logger);
  }

  /** It was met. @param why a sentence. @param now milliseconds. */
  met(why: string, now = performance.now()): void {
    this.#metAt = now;
    this.#warning.warn(`${this.what} is away. ${why}`, now);
  }

  /** It was there. */
  end(now = performance.now()): void {
    if (now - this.#metAt < SETTLED) return;
    if (this.#warning.end()) this.logger.log(`${this.what} is back.`);
  }
}
