/**
 * Bits of the `state` of a stored message. They stand alone, since threads that split texts into words need them and no
 * entity, whose library takes a second to load.
 */
export const MESSAGE_STATE = {
  /** Part of the transcript, and the row to show of its logical message. */
  shown: 1,
  /** Not scaffolding that only the model sees. */
  displayed: 2,
  /** Not rewound. */
  kept: 4,
  /** Neither rewound nor compacted away. */
  active: 8,
  /** Found by parts of words as well, where the origin's own index of parts has it. */
  inParts: 16,
  /** Only the beginning of its content is searched, as at the origin. */
  cut: 32,
  /** Only its content is searched, not its tool's name and calls, as at the origin. */
  contentAlone: 64,
  /** One of its texts is larger than its origin reads, and stays there. */
  tooLarge: 256,
  /**
   * Its words are split and folded as they are looked for now. Messages that were sent before that was so lack it, and are sent again;
   * of these some have 128, which told of another way.
   */
  hasWordsOfNow: 512,
} as const;

/** Whether a search may find a message: one that its transcript shows. */
export function isSearched(state: number): boolean {
  return (state & MESSAGE_STATE.kept) !== 0 && (state & MESSAGE_STATE.displayed) !== 0;
}
