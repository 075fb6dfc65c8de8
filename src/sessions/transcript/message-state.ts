/**
 * Bits of the `state` of a stored message. In a file of their own, because threads that split texts into words need them, but not the
 * entities, whose library takes a second to load.
 */
export const MESSAGE_STATE = {
  /** The row that the transcript shows of its logical message. */
  shown: 1,
  /** Not internal content that only the model sees. */
  displayed: 2,
  /** Not rewound. */
  kept: 4,
  /** Neither rewound nor compacted away. */
  active: 8,
  /** In the origin's trigram index, so that substring searches find it. */
  inParts: 16,
  /** Only the beginning of its content is searched, as at the origin. */
  cut: 32,
  /** Only its content is searched, not the name and calls of its tools, as at the origin. */
  contentAlone: 64,
  /** One of its texts is too large for the origin to read, and stays there. */
  tooLarge: 256,
  /**
   * Its words were split and folded by the current rules. Messages without this bit were sent before, and are sent again; some of them
   * have the bit 128 of earlier rules.
   */
  hasWordsOfNow: 512,
} as const;

/** The bits that readers notice. Only searches use the others. */
export const READ_STATE =
  MESSAGE_STATE.shown |
  MESSAGE_STATE.displayed |
  MESSAGE_STATE.kept |
  MESSAGE_STATE.active |
  MESSAGE_STATE.tooLarge;

/** Whether a search may find a message: only if its transcript shows it. */
export function isSearched(state: number): boolean {
  return (state & MESSAGE_STATE.kept) !== 0 && (state & MESSAGE_STATE.displayed) !== 0;
}
