import { UNSPACED_RUN, withoutPresentation } from '../../../sessions/search/search-text.js';

/**
 * Longest lexeme, in UTF-16 units, each of which takes at most three bytes of UTF-8 (PostgreSQL allows 2,046 bytes). Longer words are
 * cut, and hits for them are checked against the text.
 */
export const LONGEST_LEXEME = 500;

/**
 * Prefix of a pair of characters of a script without spaces, or of symbols; no word begins with it. `other` marks messages that only full
 * scans find.
 */
export const PAIR = { indexed: '~', other: '^' } as const;

/** The lexeme of a word. */
export function toLexeme(word: string): string {
  return word.length <= LONGEST_LEXEME ? word : word.slice(0, LONGEST_LEXEME).toWellFormed();
}

/** Whether a word was cut, and may share its lexeme with others. */
export function isCut(word: string): boolean {
  return word.length > LONGEST_LEXEME;
}

/**
 * Each pair of adjacent characters in a run of a script without spaces or of symbols, and the last character alone. They find any part of
 * a run, whatever language the database is configured for.
 */
export function* pairsOf(text: string): Generator<string> {
  for (const [run] of withoutPresentation(text).toLowerCase().matchAll(UNSPACED_RUN)) {
    const characters = Array.from(run);
    for (const [at, character] of characters.entries()) yield character + (characters[at + 1] ?? '');
  }
}
