/** Sessions with hits, in columns that threads can hand over: one place in each for one session. */
export interface FoundSessions {
  /** Slots of the sessions, as the index numbers them. */
  readonly slots: Int32Array;
  /** The best hit of each: the one with the least rank, or the newest where none is ranked. */
  readonly messageIds: Float64Array;
  /** The rank of that hit as FTS5 gives it: less is better. */
  readonly ranks: Float64Array;
}

/** Gathers hits by session. */
export class SessionHits {
  readonly #places = new Map<number, number>();
  readonly #slots: number[] = [];
  readonly #messageIds: number[] = [];
  readonly #ranks: number[] = [];

  add(slot: number, messageId: number, rank: number): void {
    const place = this.#places.get(slot);
    if (place === undefined) {
      this.#places.set(slot, this.#slots.length);
      this.#slots.push(slot);
      this.#messageIds.push(messageId);
      this.#ranks.push(rank);
      return;
    }
    const best = this.#ranks[place] ?? 0;
    if (rank > best || (rank === best && messageId < (this.#messageIds[place] ?? 0))) return;
    this.#messageIds[place] = messageId;
    this.#ranks[place] = rank;
  }

  found(): FoundSessions {
    return {
      slots: new Int32Array(this.#slots),
      messageIds: new Float64Array(this.#messageIds),
      ranks: new Float64Array(this.#ranks),
    };
  }
}
