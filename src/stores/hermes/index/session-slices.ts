/** Session numbers per slice: a computation over one slice takes some milliseconds. */
export const SLICE = 1024;

/** Tracks which slices of the sessions changed, so that results computed from the others stay valid. */
export class SessionSlices {
  readonly #versions = new Map<number, number>();
  #last = 0;

  /** Marks that something about a session changed, or may have. */
  touch(number: number): void {
    this.#versions.set(Math.floor(number / SLICE), ++this.#last);
  }

  /** A number that differs after every change to a slice. */
  versionOf(slice: number): number {
    return this.#versions.get(slice) ?? 0;
  }
}
