import type { LoggerService } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** How long the same sentence is not said again, in milliseconds. */
const SILENCE = 10 * 60_000;

/** Sentences that are remembered: what fails in two ways in turn is said twice, and not all the time. */
const MOST_REMEMBERED = 50;

/** Warns of what goes on: at once, and then now and then, however often it is met. */
export class RepeatedWarning {
  /** When each sentence was said last. */
  readonly #said = new LRUCache<string, number>({ max: MOST_REMEMBERED });

  /** @param logger what warns, where it is not somebody else who does once it {@link isDue}. */
  constructor(private readonly logger?: Pick<LoggerService, 'warn'>) {}

  /** @param now milliseconds. */
  warn(text: string, now = performance.now()): void {
    if (this.isDue(text, now)) this.logger?.warn(text);
  }

  /** Whether something is to be said now, which it is taken to be then. */
  isDue(text: string, now = performance.now()): boolean {
    const before = this.#said.get(text);
    if (before !== undefined && now - before < SILENCE) return false;
    this.#said.set(text, now);
    return true;
  }

  /** It is over: the next time it is said at once. @returns whether anything was said since the last end, which somebody may wait to see taken back. */
  end(): boolean {
    const wasSaid = this.#said.size > 0;
    this.#said.clear();
    return wasSaid;
  }
}
