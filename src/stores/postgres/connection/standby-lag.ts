/** How far behind a standby may be before the database itself is read in its place, in milliseconds. */
export const MOST_BEHIND = 60_000;

/**
 * How far a standby is behind, told by positions in the log and the clock of this process alone: where nothing is written, the time of what a
 * standby has replayed last says nothing.
 */
export class StandbyLag {
  /** What the database had at a moment, and the standby had not yet. */
  #awaited: { readonly position: bigint; readonly at: number } | undefined;
  /** When the database last had nothing that the standby has by now, as far as that is known. */
  #levelAt: number;

  /** @param now milliseconds, as all moments here. */
  constructor(now: number) {
    this.#levelAt = now;
  }

  /** Milliseconds by a moment. */
  at(now: number): number {
    return now - this.#levelAt;
  }

  /** Leaves a time out in which nobody could say where the database was. @param time milliseconds. */
  skip(time: number): void {
    this.#levelAt += time;
    if (this.#awaited !== undefined)
      this.#awaited = { position: this.#awaited.position, at: this.#awaited.at + time };
  }

  /**
   * Notes where both are.
   * @param replayed how far the standby was, before the database was looked at.
   * @param written how far the database was.
   */
  note(replayed: bigint, written: bigint, now: number): void {
    // It follows another one, or what this one was before a backup was restored.
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
