import type { SessionAccess } from '../domain/access.js';
import { MAX_TITLE_LENGTH } from './session-title.js';

/** A session to create. */
export interface NewSession {
  readonly id: string;
  /** Shown to callers as the platform. */
  readonly source: string;
  /** Already normalised. */
  readonly title: string | null;
  readonly model: string | null;
  readonly systemPrompt: string | null;
  /** JSON, as Hermes reads it. */
  readonly modelConfig: string | null;
}

/** A session to create that continues another one, with its transcript. */
export interface NewFork {
  readonly id: string;
  readonly source: string;
  /** Already normalised; undefined for the other session's title with a number appended. */
  readonly title: string | null | undefined;
}

/** The owner of a session that a caller creates: the caller, if they may see only their own sessions. */
export function ownerWithin(access: SessionAccess): string | null {
  return access.userId ?? null;
}

/** A title with a number appended. */
const NUMBERED = /^(.*?) #(\d+)$/s;

/** Most code points of a title that has a number appended. */
const LONGEST_BASE = MAX_TITLE_LENGTH - ' #999'.length;

/** The title without the number that Hermes appends for forks, cut to leave room for one. */
export function baseTitle(title: string): string {
  const base = NUMBERED.exec(title)?.[1] ?? title;
  const characters = [...base];
  return characters.length <= LONGEST_BASE ? base : characters.slice(0, LONGEST_BASE).join('').trimEnd();
}

/**
 * The next numbered title after those of a session's forks.
 * @param taken titles of sessions that are `base`, with or without a number.
 */
export function nextTitle(base: string, taken: readonly string[]): string {
  if (taken.length === 0) return base;
  // A number that a user has typed, such as a ticket number, can exceed the exact range of a JavaScript number; Python's integers have no
  // limit.
  let last = 1n;
  for (const title of taken) {
    const number = baseTitle(title) === base ? BigInt(NUMBERED.exec(title)?.[2] ?? 1) : 1n;
    if (number > last) last = number;
  }
  return `${base} #${last + 1n}`;
}
