import type { SessionAccess } from './session-access.js';
import { MAX_TITLE_LENGTH } from './session-title.js';

/** A session that begins. */
export interface NewSession {
  readonly id: string;
  /** What callers know as the platform. */
  readonly source: string;
  /** Already normalised. */
  readonly title: string | null;
  readonly model: string | null;
  readonly systemPrompt: string | null;
  /** JSON, as Hermes reads it. */
  readonly modelConfig: string | null;
}

/** A session that goes on from another one, with its transcript. */
export interface NewFork {
  readonly id: string;
  readonly source: string;
  /** Already normalised; undefined for that of the other one, with a number behind it. */
  readonly title: string | null | undefined;
}

/** Sessions that somebody makes are theirs, where they may know of nobody else's. */
export function ownerWithin(access: SessionAccess): string | null {
  return access.userId ?? null;
}

/** A title with a number behind it. */
const NUMBERED = /^(.*?) #(\d+)$/s;

/** What is left of a title where a number stands behind it, in code points. */
const LONGEST_BASE = MAX_TITLE_LENGTH - ' #999'.length;

/** The title without the number that Hermes puts behind those of forks, cut where there would be no room for one. */
export function baseTitle(title: string): string {
  const base = NUMBERED.exec(title)?.[1] ?? title;
  const characters = [...base];
  return characters.length <= LONGEST_BASE ? base : characters.slice(0, LONGEST_BASE).join('').trimEnd();
}

/**
 * The title that follows those that forks of one session have.
 * @param taken titles of sessions that are `base`, or `base` with a number.
 */
export function nextTitle(base: string, taken: readonly string[]): string {
  if (taken.length === 0) return base;
  // Somebody else's number, as of a ticket, can be longer than a number of JavaScript is exact; Python's never is.
  let last = 1n;
  for (const title of taken) {
    const number = baseTitle(title) === base ? BigInt(NUMBERED.exec(title)?.[2] ?? 1) : 1n;
    if (number > last) last = number;
  }
  return `${base} #${last + 1n}`;
}
