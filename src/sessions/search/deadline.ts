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

  /** Milliseconds until then, at least one: for a database, to which 0 is no limit. */
  get left(): number {
    return Math.max(1, this.#end - performance.now());
  }

  /** When a part of the time until then is over: at once where none is left. @param share of it, from 0 to 1. */
  part(share: number): Deadline {
    return new Deadline((this.#end - performance.now()) * share);
  }

  /** @throws {DeadlineError} once the time is over. */
  check(): void {
    if (performance.now() > this.#end) throw new DeadlineError('out of time');
  }
}

/** Does what can be left half done. @returns whether the time was enough for all of it. */
export function isDoneInTime(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return false;
  }
}
