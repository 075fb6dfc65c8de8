import type { LoggerService } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** How long the same sentence is not repeated, in milliseconds. */
const SILENCE = 10 * 60_000;

/** Most remembered sentences, so that alternating failures are not repeated either. */
const MOST_REMEMBERED = 50;

/** Logs a continuing problem at once, and repeats it at long intervals only. */
export class RepeatedWarning {
  /** By sentence, when it was last logged. */
  readonly #said = new LRUCache<string, number>({ max: MOST_REMEMBERED });

  /** @param logger writes the warnings; omit it if the caller writes them after asking {@link isDue}. */
  constructor(private readonly logger?: Pick<LoggerService, 'warn'>) {}

  /** @param now milliseconds. */
  warn(text: string, now = performance.now()): void {
    if (this.isDue(text, now)) this.logger?.warn(text);
  }

  /** Whether a sentence should be logged now; if so, it counts as logged. */
  isDue(text: string, now = performance.now()): boolean {
    const before = this.#said.get(text);
    if (before !== undefined && now - before < SILENCE) return false;
    this.#said.set(text, now);
    return true;
  }

  /**
   * Ends the problem, so that the next warning is logged at once. @returns whether anything was logged since the last end, so that its
   * end should be logged, too.
   */
  end(): boolean {
    const wasSaid = this.#said.size > 0;
    this.#said.clear();
    return wasSaid;
  }
}
