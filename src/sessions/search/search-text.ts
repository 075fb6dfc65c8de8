/** The diacritics that unicode61 takes away: those of Latin letters and their like. Those of Thai or Japanese make other letters. */
const DIACRITICS = /[\u0300-\u036f]/g;

/** Text as parts of it are compared: in lower case, without diacritics, with no symbol drawn in a way of its own. */
export function foldText(text: string): string {
  return withoutPresentation(text).normalize('NFD').replace(DIACRITICS, '').normalize('NFC').toLowerCase();
}

/**
 * Scripts that put no space between words, and pictographs. unicode61 indexes such a run as one token or
 * not at all: shorter pieces are only found as substrings. Some of their letters belong to several scripts and so to none.
 */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\u3006\\u3031-\\u3035\\u30fc\\uff70\\uff9e\\uff9f\\p{Extended_Pictographic}\\p{Regional_Indicator}';

/** What SQLite's unicode61 tokenizer takes for a part of a word: letters, digits, private use. */
const LETTERS = '\\p{L}\\p{N}\\p{Co}';

/** Letters of a script without spaces, and all others. */
const UNSPACED_LETTER = `[[${UNSPACED}]&&[${LETTERS}]]`;
const SPACED_LETTER = `[[${LETTERS}]--[${UNSPACED}]]`;

const WORD = new RegExp(
  `${UNSPACED_LETTER}[[${UNSPACED}]&&[${LETTERS}\\p{M}]]*|${SPACED_LETTER}[[${LETTERS}\\p{M}]--[${UNSPACED}]]*`,
  'gv',
);

/** A word of a text and where it stands, in UTF-16 units. */
export interface Token {
  readonly folded: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The words of a text in lower case and without diacritics, as unicode61 would index them, but for one thing: where a script without
 * spaces begins or ends, a word does, so that `用API调用` has a word `API`.
 */
export function* tokenize(text: string): Generator<Token> {
  for (const match of text.matchAll(WORD)) {
    yield { folded: foldWord(match[0]), start: match.index, end: match.index + match[0].length };
  }
}

const MIXED = new RegExp(`${UNSPACED_LETTER}${SPACED_LETTER}|${SPACED_LETTER}${UNSPACED_LETTER}`, 'v');

/** Whether what unicode61 takes for one word has several, since a script without spaces begins or ends in it. */
export function isMixed(word: string): boolean {
  return MIXED.test(word);
}

/** A word, or a text of words, as unicode61 would index it. */
export function foldWord(word: string): string {
  // Nearly all words are plain ASCII, for which normalising would only cost time.
  return /^[\x00-\x7f]*$/.test(word)
    ? word.toLowerCase()
    : word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Signs that are no letters and that nobody types as punctuation: arrows, currencies, mathematics, box drawing. */
const SYMBOLS = '[[\\p{Sm}\\p{Sc}\\p{So}]--[\\x00-\\x7f]]';

/** Characters that follow one another of which any part can be searched for: of scripts without spaces, and symbols. */
export const UNSPACED_RUN = new RegExp(`[${UNSPACED}${SYMBOLS}]+`, 'gv');

const NEEDS_SUBSTRING = new RegExp(`[${UNSPACED}]`, 'u');

/** Whether a term can only be found as a substring. */
export function needsSubstring(text: string): boolean {
  return NEEDS_SUBSTRING.test(text);
}

/** What can be searched for, and how it is cut out of what was typed. */
export interface Searchable {
  /** Whether a text holds anything of the kind. */
  isIn(text: string): boolean;
  /** The text from the first to the last of it. */
  trim(text: string): string;
}

/** @param first a class of characters. @param more those that can follow one of them. */
function searchable(first: string, more = first): Searchable {
  const something = new RegExp(first, 'v');
  const around = new RegExp(`^[^${more}]+|[^${more}]+$`, 'gv');
  return { isIn: (text) => something.test(text), trim: (text) => text.replace(around, '') };
}

/** Words. Punctuation around one is no part of it; inside it is (`P2.2`, `chat-send`). */
export const WORDS = searchable(`[${LETTERS}${UNSPACED}]`, `[${LETTERS}\\p{M}${UNSPACED}]`);

/** Symbols, for whoever types nothing else. */
export const SYMBOLS_ALONE = searchable(SYMBOLS);

/** Choose how the character before them is drawn, as text or in colours; whoever searches means both. */
const PRESENTATION = /[\ufe0e\ufe0f]/g;

/** A text without what only chooses how its symbols are drawn. */
export function withoutPresentation(text: string): string {
  return text.replace(PRESENTATION, '');
}

/** Symbols that keyboards put the choice of colours behind (https://unicode.org/reports/tr51/#def_fully_qualified_emoji). */
const DRAWN_AS_TEXT = new RegExp('[\\p{Extended_Pictographic}--\\p{Emoji_Presentation}]', 'gv');

/** A text that chooses nothing, as keyboards write it. */
export function withPresentation(text: string): string {
  return text.replace(DRAWN_AS_TEXT, '$&\ufe0f');
}
