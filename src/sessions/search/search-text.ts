/** Text as the search compares it: lower case, without a difference between one way of writing a letter and another. */
export function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** What SQLite's unicode61 tokenizer takes for a part of a word: letters, digits, private use. */
const WORD = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu;

/** A word of a text and where it stands, in UTF-16 units. */
export interface Token {
  readonly folded: string;
  readonly start: number;
  readonly end: number;
}

/** The words of a text, as unicode61 would index them: in lower case and without diacritics. */
export function* tokenize(text: string): Generator<Token> {
  for (const match of text.matchAll(WORD)) {
    yield { folded: foldWord(match[0]), start: match.index, end: match.index + match[0].length };
  }
}

/** A word, or a text of words, as unicode61 would index it. */
export function foldWord(word: string): string {
  // Nearly all words are plain ASCII, for which normalising would only cost time.
  return /^[\x00-\x7f]*$/.test(word)
    ? word.toLowerCase()
    : word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/**
 * Scripts that put no space between words, and pictographs. unicode61 indexes such a run as one token or
 * not at all: shorter pieces are only found as substrings.
 */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Extended_Pictographic}';

/** Characters of these that follow one another. */
export const UNSPACED_RUN = new RegExp(`[${UNSPACED}]+`, 'gu');

const NEEDS_SUBSTRING = new RegExp(`[${UNSPACED}]`, 'u');

/** Whether a term can only be found as a substring. */
export function needsSubstring(text: string): boolean {
  return NEEDS_SUBSTRING.test(text);
}

const SEARCHABLE = new RegExp(`[\\p{L}\\p{N}\\p{Co}${UNSPACED}]`, 'u');

/** Whether a term holds anything that can be searched for. */
export function isSearchable(text: string): boolean {
  return SEARCHABLE.test(text);
}

const PUNCTUATION = `[^\\p{L}\\p{N}\\p{Co}\\p{M}${UNSPACED}]+`;
const PUNCTUATION_AROUND = new RegExp(`^${PUNCTUATION}|${PUNCTUATION}$`, 'gu');

/** Punctuation around a word is no part of it; inside it is (`P2.2`, `chat-send`). Leaves whatever is searchable. */
export function trimPunctuation(text: string): string {
  return text.replace(PUNCTUATION_AROUND, '');
}
