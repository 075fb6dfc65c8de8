import { UNSPACED_RUN, withoutPresentation } from '../../../sessions/search/search-text.js';

/**
 * Bytes of UTF-8 that a lexeme may have (PostgreSQL allows 2,046): longer words are cut, and a search for one is checked against
 * the text itself. Counted in UTF-16 units, of which none takes more than three bytes.
 */
export const LONGEST_LEXEME = 500;

/** In front of a pair of characters of a script without spaces, or of symbols; no word has it. The second is for what is searched in full scans alone. */
export const PAIR = { indexed: '~', other: '^' } as const;

/** A word as it is kept. */
export function toLexeme(word: string): string {
  return word.length <= LONGEST_LEXEME ? word : word.slice(0, LONGEST_LEXEME).toWellFormed();
}

/** Whether a word was cut, so that others share its lexeme. */
export function isCut(word: string): boolean {
  return word.length > LONGEST_LEXEME;
}

/**
 * Each two characters that follow one another in a run of a script without spaces or of symbols, and the last by itself: any part of a run is
 * found by them, whatever language the database is set to.
 */
export function* pairsOf(text: string): Generator<string> {
  for (const [run] of withoutPresentation(text).toLowerCase().matchAll(UNSPACED_RUN)) {
    const characters = Array.from(run);
    for (const [at, character] of characters.entries()) yield character + (characters[at + 1] ?? '');
  }
}
