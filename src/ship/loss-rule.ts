/** Most sessions, and most of a history, that may disappear at once without acceptance; both must be exceeded. */
const MOST_SESSIONS = 20;
const MOST_SHARE = 0.1;

/** If less than this share of a history, or of a session, is left, it counts as replaced, however small it was. */
const LEAST_LEFT = 0.25;

/** Sessions that a file no longer has. */
export interface Loss {
  /** Number of known sessions, including the missing ones. */
  readonly known: number;
  readonly missing: number;
  /** Whether the history's file was replaced by another or an older one. */
  readonly isOtherFile: boolean;
}

/**
 * Whether missing sessions look like an accident: a lost disk, the wrong folder, a restored backup, an excessive clean-up.
 * docs/decisions/held-deletions.md explains the limits.
 */
export function looksLikeAccident({ known, missing, isOtherFile }: Loss): boolean {
  if (missing === 0) return false;
  if (isOtherFile || known - missing < LEAST_LEFT * known) return true;
  return missing > MOST_SESSIONS && missing > MOST_SHARE * known;
}

/** Whether a session has lost most of its messages, so that it counts as missing. */
export function isHollow(messagesBefore: number, messagesAfter: number): boolean {
  return messagesAfter < LEAST_LEFT * messagesBefore;
}

/** Whether another or an older file has lost too many messages to give them up for what was written since. */
export function isLargeLoss(known: number, lost: number): boolean {
  return lost > MOST_SHARE * known;
}
