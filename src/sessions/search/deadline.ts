/** Work exceeded its deadline. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** The deadline of some work. */
export class Deadline {
  readonly #end: number;

  /** @param limit milliseconds from now. */
  constructor(limit: number) {
    this.#end = performance.now() + limit;
  }

  /** Milliseconds left, at least one, because databases treat 0 as no limit. */
  get left(): number {
    return Math.max(1, this.#end - performance.now());
  }

  /** The deadline of a part of the remaining time; it has passed if none is left. @param share from 0 to 1. */
  part(share: number): Deadline {
    return new Deadline((this.#end - performance.now()) * share);
  }

  /** @throws {DeadlineError} after the deadline. */
  check(): void {
    if (performance.now() > this.#end) throw new DeadlineError('out of time');
  }
}

/** Runs work that may be left unfinished. @returns whether it finished in time. */
export function isDoneInTime(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return false;
  }
}
