/** Limits concurrent work, and serves waiting callers round-robin, so that one caller's large amount does not block another's small one. */
export class CallerTurns {
  #running = 0;
  /** Waiting work, by caller; the first caller is next. */
  readonly #waiting = new Map<string, readonly (() => void)[]>();

  /** @param atOnce how much work runs at a time. */
  constructor(private readonly atOnce: number) {}

  /** How much work is waiting. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** How much work of one caller is waiting. */
  waitingOf(caller: string): number {
    return this.#waiting.get(caller)?.length ?? 0;
  }

  /** Whether new work has to wait. */
  get isFull(): boolean {
    return this.#running >= this.atOnce;
  }

  /**
   * @param signal stops waiting.
   * @throws the signal's reason
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
      // Moves the caller behind all other waiting ones.
      this.#waiting.delete(caller);
      if (rest.length > 0) this.#waiting.set(caller, rest);
      if (begin === undefined) continue;
      begin();
      return;
    }
    this.#running--;
  }
}
