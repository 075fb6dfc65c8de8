/** So many sessions may go at once, and so large a share of a history, before it is asked whether they are to. */
const MOST_SESSIONS = 20;
const MOST_SHARE = 0.1;

/** Where less than this share of a history is left, it is taken for another one, however small it was; so it is with a session. */
const LEAST_LEFT = 0.25;

/** Sessions that a file has no more. */
export interface Loss {
  /** Sessions that are known of the history, those that are missing among them. */
  readonly known: number;
  readonly missing: number;
  /** Whether another file, or an older one, lies where the history's was. */
  readonly isOtherFile: boolean;
}

/**
 * Whether sessions that a file has no more look like an accident: a lost disk, the wrong folder, a restored backup, a clean-up that took
 * too much. Why the bounds are what they are is in docs/decisions/held-deletions.md.
 */
export function looksLikeAccident({ known, missing, isOtherFile }: Loss): boolean {
  if (missing === 0) return false;
  if (isOtherFile || known - missing < LEAST_LEFT * known) return true;
  return missing > MOST_SESSIONS && missing > MOST_SHARE * known;
}

/** Whether a session has lost most of its messages, so that it counts as one that is missing. */
export function isHollow(messagesBefore: number, messagesAfter: number): boolean {
  return messagesAfter < LEAST_LEFT * messagesBefore;
}

/** Whether messages that another file or an older one has no more are too many to give them up for what was written since. */
export function isLargeLoss(known: number, lost: number): boolean {
  return lost > MOST_SHARE * known;
}
