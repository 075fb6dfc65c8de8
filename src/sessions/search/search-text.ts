/**
 * Diacritics of Latin, Greek, Cyrillic and similar scripts. The marks of scripts such as Thai or Japanese form other letters, and are not
 * included.
 */
const MARKS = /[\u0300-\u036f]/g;

/** Folds a text for substring comparison: lower case, without diacritics and variation selectors. */
export function foldText(text: string): string {
  return lowerCase(withoutPresentation(text).normalize('NFD').replace(MARKS, '').normalize('NFC'));
}

/**
 * Lower case with a fixed mapping per letter that keeps positions. Plain lower-casing would turn `İ` into two units (here it becomes
 * `i`), and `Σ` at the end of a word into another letter than within it.
 */
export function lowerCase(text: string): string {
  return text.replaceAll('İ', 'i').toLowerCase().replaceAll('ς', 'σ');
}

/**
 * Scripts without spaces between words, scripts with vowels as marks, and pictographs. unicode61 indexes a run of the first kind as one
 * token, each consonant of the second kind without its vowel, and no pictographs, so these are only found by substring search. The extra
 * code points belong to several scripts, and therefore to none in Unicode's tables.
 */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Javanese}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Tibetan}\\p{Script=Thaana}\\u3006\\u3031-\\u3035\\u30fc\\uff70\\uff9e\\uff9f\\p{Extended_Pictographic}\\p{Regional_Indicator}';

/**
 * The characters that unicode61 treats as part of a word: letters, digits, private use. The exceptions were marks in its version of
 * Unicode.
 */
const LETTERS = '[[\\p{L}\\p{N}\\p{Co}]--[\\u19b0-\\u19c0\\u19c8\\u19c9\\u1cf2\\u1cf3]]';

/** The marks that unicode61 treats as part of the preceding word and removes. All other marks are separators. */
const DIACRITICS =
  '\\u0300-\\u0304\\u0306-\\u030c\\u030f\\u0311\\u031b\\u0323-\\u0328\\u032d\\u032e\\u0330\\u0331';

/** Letters of scripts without spaces, and all other letters. */
const UNSPACED_LETTER = `[[${UNSPACED}]&&${LETTERS}]`;
const SPACED_LETTER = `[${LETTERS}--[${UNSPACED}]]`;

const WORD = new RegExp(
  `${UNSPACED_LETTER}[${UNSPACED_LETTER}${DIACRITICS}]*|${SPACED_LETTER}[${SPACED_LETTER}${DIACRITICS}]*`,
  'gv',
);

/** A word of a text with its position, in UTF-16 units. */
export interface Token {
  readonly folded: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The folded words of a text as unicode61 would index them, with two exceptions. A word also ends where a script without spaces begins or
 * ends, so `用API调用` has a word `API`. And characters newer than Unicode 6.1, which unicode61 always treats as letters, are classified
 * correctly, so `done🙂` has a word `done`.
 */
export function* tokenize(text: string): Generator<Token> {
  for (const match of text.matchAll(WORD)) {
    yield { folded: foldWord(match[0]), start: match.index, end: match.index + match[0].length };
  }
}

const LETTER_FIRST = new RegExp(`^${LETTERS}`, 'v');

/** Whether a text begins with a letter of a word. */
export function beginsWithLetter(text: string): boolean {
  return LETTER_FIRST.test(text);
}

/** Capital letters that unicode61 does not lower-case, because they, or their small letters, are newer than Unicode 6.1. */
const NEWER_CAPITALS =
  '\\u037f\\u0528-\\u052e\\u13a0-\\u13f5\\u1c89-\\u1cbf\\u2c2f\\ua698-\\ua69b\\ua796-\\ua79f\\ua7ab-\\ua7f5\\u{104b0}-\\u{104d3}\\u{10570}-\\u{10595}\\u{10c80}-\\u{10cb2}\\u{10d50}-\\u{10d65}\\u{118a0}-\\u{118bf}\\u{16e40}-\\u{16e5f}\\u{16ea0}-\\u{16eb8}\\u{1e900}-\\u{1e921}';

/** Small letters that are variants of another one, such as the final sigma. */
const OTHER_FORMS = '\\u00b5\\u017f\\u03c2\\u03d0\\u03d1\\u03d5\\u03d6\\u03f0\\u03f1\\u03f5\\u1e9b\\u1fbe';

/** Includes the Latin letters with a diacritic. */
const ACCENTED = '\\u00e0-\\u024f\\u1e00-\\u1eff';

/** Characters that folding may change. */
const CHANGED = `[[\\p{Changes_When_Lowercased}${DIACRITICS}${OTHER_FORMS}${ACCENTED}]--[${NEWER_CAPITALS}]]`;

const EACH_CHANGED = new RegExp(CHANGED, 'gv');
const DIACRITIC = new RegExp(`[${DIACRITICS}]`);
const OTHER_FORM = new RegExp(`[${OTHER_FORMS}]`);

/** Words of one kind of letters that folding does not change: nearly all words that unicode61 has folded. */
const PLAIN = new RegExp(`^(?:${UNSPACED_LETTER}+|[${SPACED_LETTER}--${CHANGED}]+)$`, 'v');

/** Whether a folded unicode61 token contains a word that differs from the token. */
export function isMixed(word: string): boolean {
  if (PLAIN.test(word)) return false;
  const [first, ...others] = tokenize(word);
  return first !== undefined && (others.length > 0 || first.folded !== word);
}

/**
 * Folds a word, or a text of words, as unicode61 does (https://sqlite.org/fts5.html#unicode61_tokenizer): lower case, and Latin letters
 * without their diacritic if they have one. Letters with two, as in Vietnamese, and letters of other scripts are kept; separate combining
 * marks are removed everywhere. A test compares this with SQLite's Unicode 6.1 tables.
 */
export function foldWord(word: string): string {
  // Nearly all words are plain ASCII, which is much faster.
  return isAscii(word) ? word.toLowerCase() : word.replace(EACH_CHANGED, foldLetter);
}

/** Cache of folded letters; a text has few different ones. */
const LETTERS_FOLDED = new Map<string, string>();

function foldLetter(letter: string): string {
  let folded = LETTERS_FOLDED.get(letter);
  if (folded === undefined) LETTERS_FOLDED.set(letter, (folded = foldedLetter(letter)));
  return folded;
}

function foldedLetter(letter: string): string {
  if (DIACRITIC.test(letter)) return '';
  const small = (OTHER_FORM.test(letter) ? letter.toUpperCase() : letter).toLowerCase();
  return /^([a-z])\p{M}$/u.exec(small.normalize('NFD'))?.[1] ?? small;
}

/** Whether a text is plain ASCII, like nearly all texts. */
export function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

/** Symbols that nobody types as punctuation: arrows, currencies, mathematics, box drawing. */
const SYMBOLS = '[[\\p{Sm}\\p{Sc}\\p{So}]--[\\x00-\\x7f]]';

/** A run of characters of which any part can be searched for: of scripts without spaces, and symbols. */
export const UNSPACED_RUN = new RegExp(`[${UNSPACED}${SYMBOLS}]+`, 'gv');

const NEEDS_SUBSTRING = new RegExp(`[${UNSPACED}]`, 'u');

/** Whether a term can only be found by substring search. */
export function needsSubstring(text: string): boolean {
  return NEEDS_SUBSTRING.test(text);
}

/** A kind of searchable text, and how it is extracted from user input. */
export interface Searchable {
  /** Whether a text contains any of it. */
  isIn(text: string): boolean;
  /** The text from its first to its last searchable character. */
  trim(text: string): string;
}

/** @param first a class of characters. @param more the class of characters that may follow. */
function searchable(first: string, more = first): Searchable {
  const something = new RegExp(first, 'v');
  const around = new RegExp(`^[^${more}]+|[^${more}]+$`, 'gv');
  return { isIn: (text) => something.test(text), trim: (text) => text.replace(around, '') };
}

/** Words, without surrounding punctuation but with punctuation inside (`P2.2`, `chat-send`). */
export const WORDS = searchable(`[${LETTERS}${UNSPACED}]`, `[${LETTERS}\\p{M}${UNSPACED}]`);

/** Symbols, for input that contains nothing else. */
export const SYMBOLS_ALONE = searchable(SYMBOLS);

/** Variation selectors, which choose text or colour presentation of the preceding symbol; a search matches both. */
const PRESENTATION = /[\ufe0e\ufe0f]/g;

/** A text without variation selectors. */
export function withoutPresentation(text: string): string {
  return text.replace(PRESENTATION, '');
}

/** Symbols after which keyboards insert the colour selector (https://unicode.org/reports/tr51/#def_fully_qualified_emoji). */
const DRAWN_AS_TEXT = new RegExp('[\\p{Extended_Pictographic}--\\p{Emoji_Presentation}]', 'gv');

/** A text without selectors, as keyboards would write it. */
export function withPresentation(text: string): string {
  return text.replace(DRAWN_AS_TEXT, '$&\ufe0f');
}
