/** Work took longer than it may. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** When a piece of work has to be done. */
export class Deadline {
  readonly #end: number;

  /** @param limit milliseconds from now. */
  constructor(limit: number) {
    this.#end = performance.now() + limit;
  }

  /** Milliseconds until then. */
  get left(): number {
    return Math.max(1, this.#end - performance.now());
  }

  /** @throws {DeadlineError} once the time is over. */
  check(): void {
    if (performance.now() > this.#end) throw new DeadlineError('out of time');
  }
}
