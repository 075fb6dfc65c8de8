/** Numbers of sessions in a slice: what is worked out of a slice takes some milliseconds. */
export const SLICE = 1024;

/** Tells which slices of the sessions changed, so that what was worked out of all others still holds. */
export class SessionSlices {
  readonly #versions = new Map<number, number>();
  #last = 0;

  /** Something about a session is, or may be, another than before. */
  touch(number: number): void {
    this.#versions.set(Math.floor(number / SLICE), ++this.#last);
  }

  /** Another number after every change to a slice. */
  versionOf(slice: number): number {
    return this.#versions.get(slice) ?? 0;
  }
}
