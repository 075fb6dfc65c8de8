/** So many sessions may go at once, and so large a share of a history, before it is asked whether they are to. */
const MOST_SESSIONS = 20;
const MOST_SHARE = 0.1;

/** Where less than this share of a history is left, it is taken for another one, however small it was. */
const LEAST_LEFT = 0.25;

/** Deletions within so many milliseconds count as one: `prune` deletes in many short transactions. */
const AT_ONCE = 60_000;

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

/** Sessions that went one after the other, and that count together for a while. */
export class RecentDeletions {
  #deletions: { readonly at: number; readonly sessions: number }[] = [];

  /** @param now milliseconds, as all times here. */
  add(sessions: number, now: number): void {
    this.#deletions.push({ at: now, sessions });
  }

  /** How many went lately. */
  count(now: number): number {
    this.#deletions = this.#deletions.filter(({ at }) => now - at < AT_ONCE);
    return this.#deletions.reduce((sum, { sessions }) => sum + sessions, 0);
  }
}
