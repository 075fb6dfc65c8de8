/** Lets work begin by turns: callers take theirs one after the other, so that nobody's much work keeps another's little waiting. */
export class CallerTurns {
  #running = 0;
  /** What waits, by caller; the first is whose turn it is next. */
  readonly #waiting = new Map<string, readonly (() => void)[]>();

  /** @param atOnce how much runs at a time. */
  constructor(private readonly atOnce: number) {}

  /** What waits for its turn. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What waits of one caller. */
  waitingOf(caller: string): number {
    return this.#waiting.get(caller)?.length ?? 0;
  }

  /** Whether whoever comes has to wait. */
  get isFull(): boolean {
    return this.#running >= this.atOnce;
  }

  /**
   * @param signal gives a turn back that has not come.
   * @throws the reason of the signal
   */
  async take<T>(caller: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.isFull) await this.#turnOf(caller, signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  #turnOf(caller: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#forget(caller, begin);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.set(caller, [...(this.#waiting.get(caller) ?? []), begin]);
    });
  }

  #forget(caller: string, left: () => void): void {
    const waiting = (this.#waiting.get(caller) ?? []).filter((begin) => begin !== left);
    if (waiting.length > 0) this.#waiting.set(caller, waiting);
    else this.#waiting.delete(caller);
  }

  #passOn(): void {
    for (const [caller, [begin, ...rest]] of this.#waiting) {
      // Behind all others who wait.
      this.#waiting.delete(caller);
      if (rest.length > 0) this.#waiting.set(caller, rest);
      if (begin === undefined) continue;
      begin();
      return;
    }
    this.#running--;
  }
}
