import type { LoggerService } from '@nestjs/common';

/** How long the same sentence is not said again, in milliseconds. */
const SILENCE = 10 * 60_000;

/** Warns of what goes on: at once, and then now and then, however often it is met. */
export class RepeatedWarning {
  #last: { readonly text: string; readonly at: number } | undefined;

  constructor(private readonly logger: Pick<LoggerService, 'warn'>) {}

  /** @param now milliseconds. */
  warn(text: string, now = performance.now()): void {
    if (this.#last?.text === text && now - this.#last.at < SILENCE) return;
    this.#last = { text, at: now };
    this.logger.warn(text);
  }

  /** It is over: the next time it is said at once. */
  end(): void {
    this.#last = undefined;
  }
}
