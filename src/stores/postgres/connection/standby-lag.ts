/** The largest lag, in milliseconds, at which a standby is still read instead of the primary. */
export const MOST_BEHIND = 60_000;

/**
 * The lag of a standby, computed from log positions and this process's clock. The timestamp of the last replayed transaction does not
 * help: it grows old while nothing is written.
 */
export class StandbyLag {
  /** A primary position that the standby had not replayed yet, and when it was observed. */
  #awaited: { readonly position: bigint; readonly at: number } | undefined;
  /** The latest known time at which the primary had nothing beyond what the standby has now. */
  #levelAt: number;

  /** @param now milliseconds, like all times here. */
  constructor(now: number) {
    this.#levelAt = now;
  }

  /** The lag at a time, in milliseconds. */
  at(now: number): number {
    return now - this.#levelAt;
  }

  /** Excludes a period in which the primary's position was unknown. @param time milliseconds. */
  skip(time: number): void {
    this.#levelAt += time;
    if (this.#awaited !== undefined)
      this.#awaited = { position: this.#awaited.position, at: this.#awaited.at + time };
  }

  /**
   * Records both positions.
   * @param replayed the standby's position, read before the primary's.
   * @param written the primary's position.
   */
  note(replayed: bigint, written: bigint, now: number): void {
    // It follows another database, or this one's state before a backup was restored.
    if (replayed > written) return;
    if (replayed === written) {
      this.#levelAt = now;
      this.#awaited = undefined;
    } else if (this.#awaited === undefined || replayed >= this.#awaited.position) {
      this.#levelAt = this.#awaited?.at ?? this.#levelAt;
      this.#awaited = { position: written, at: now };
    }
  }
}
