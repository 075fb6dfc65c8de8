import { setTimeout as sleep } from 'node:timers/promises';

/** Limits the number of messages sent per second. */
export class Pace {
  #free = performance.now();

  /** @param perSecond messages; 0 for no limit. */
  constructor(private readonly perSecond: number) {}

  /** Waits as long as this many messages take, or until `ended` is aborted. */
  async after(messages: number, ended: AbortSignal): Promise<void> {
    if (this.perSecond === 0) return;
    this.#free = Math.max(this.#free, performance.now()) + (1000 * messages) / this.perSecond;
    const wait = this.#free - performance.now();
    // It rejects only if aborted.
    if (wait > 0) await sleep(wait, undefined, { signal: ended }).catch(() => undefined);
  }
}
