/** The position of a message in its transcript: ordered by `at`, then by `id`. */
export interface MessagePlace {
  /** The id of the first row of its logical message. */
  readonly at: number;
  /** Its own id, which distinguishes messages at the same position. */
  readonly id: number;
}

/** Before all messages. */
export const BEFORE_ALL: MessagePlace = { at: Number.MIN_SAFE_INTEGER, id: Number.MIN_SAFE_INTEGER };
