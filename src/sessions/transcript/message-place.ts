/** Where a message stands in its transcript: messages compare by `at`, then by `id`. */
export interface MessagePlace {
  /** The id of the first row of its logical message. */
  readonly at: number;
  /** Its own, since the same can be said twice at once. */
  readonly id: number;
}

/** Before all messages. */
export const BEFORE_ALL: MessagePlace = { at: Number.MIN_SAFE_INTEGER, id: Number.MIN_SAFE_INTEGER };
