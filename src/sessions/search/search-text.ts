/** Marks that are laid on letters of Latin, Greek, Cyrillic and the like. Those of Thai or Japanese make other letters. */
const MARKS = /[\u0300-\u036f]/g;

/** Text as parts of it are compared: in lower case, without marks, with no symbol drawn in a way of its own. */
export function foldText(text: string): string {
  return lowerCase(withoutPresentation(text).normalize('NFD').replace(MARKS, '').normalize('NFC'));
}

/**
 * A text in lower case in which each letter stays where it is and is the same wherever it stands: `İ` alone would become two, the first of
 * which is this one, and `Σ` at the end of a word another one than within it.
 */
export function lowerCase(text: string): string {
  return text.replaceAll('İ', 'i').toLowerCase().replaceAll('ς', 'σ');
}

/**
 * Scripts that put no space between words, those whose vowels are marks, and pictographs. unicode61 indexes a run of the first as one token,
 * of the second each consonant without its vowel, and of the last nothing: what is looked for is only found as a substring. Some of their
 * letters belong to several scripts and so to none.
 */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Javanese}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Tibetan}\\p{Script=Thaana}\\u3006\\u3031-\\u3035\\u30fc\\uff70\\uff9e\\uff9f\\p{Extended_Pictographic}\\p{Regional_Indicator}';

/** What unicode61 takes for a part of a word: letters, digits, private use. The exceptions were marks when its tables were made. */
const LETTERS = '[[\\p{L}\\p{N}\\p{Co}]--[\\u19b0-\\u19c0\\u19c8\\u19c9\\u1cf2\\u1cf3]]';

/** Marks that unicode61 takes for a part of the word before them, and leaves out of it. All others are between words to it. */
const DIACRITICS =
  '\\u0300-\\u0304\\u0306-\\u030c\\u030f\\u0311\\u031b\\u0323-\\u0328\\u032d\\u032e\\u0330\\u0331';

/** Letters of a script without spaces, and all others. */
const UNSPACED_LETTER = `[[${UNSPACED}]&&${LETTERS}]`;
const SPACED_LETTER = `[${LETTERS}--[${UNSPACED}]]`;

const WORD = new RegExp(
  `${UNSPACED_LETTER}[${UNSPACED_LETTER}${DIACRITICS}]*|${SPACED_LETTER}[${SPACED_LETTER}${DIACRITICS}]*`,
  'gv',
);

/** A word of a text and where it stands, in UTF-16 units. */
export interface Token {
  readonly folded: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The words of a text, folded, as unicode61 would index them, but for two things: where a script without spaces begins or ends, a word
 * does, so that `用API调用` has a word `API`; and a character that is newer than Unicode 6.1, which unicode61 takes for a letter whatever it
 * is, is what it is, so that `done🙂` has a word `done`.
 */
export function* tokenize(text: string): Generator<Token> {
  for (const match of text.matchAll(WORD)) {
    yield { folded: foldWord(match[0]), start: match.index, end: match.index + match[0].length };
  }
}

const LETTER_FIRST = new RegExp(`^${LETTERS}`, 'v');

/** Whether a text begins with a word of it. */
export function beginsWithLetter(text: string): boolean {
  return LETTER_FIRST.test(text);
}

/** Capital letters that are newer than Unicode 6.1, or that have small ones only since, all of which unicode61 leaves as they are. */
const NEWER_CAPITALS =
  '\\u037f\\u0528-\\u052e\\u13a0-\\u13f5\\u1c89-\\u1cbf\\u2c2f\\ua698-\\ua69b\\ua796-\\ua79f\\ua7ab-\\ua7f5\\u{104b0}-\\u{104d3}\\u{10570}-\\u{10595}\\u{10c80}-\\u{10cb2}\\u{10d50}-\\u{10d65}\\u{118a0}-\\u{118bf}\\u{16e40}-\\u{16e5f}\\u{16ea0}-\\u{16eb8}\\u{1e900}-\\u{1e921}';

/** Small letters that are another form of one, such as the sigma at the end of a word. */
const OTHER_FORMS = '\\u00b5\\u017f\\u03c2\\u03d0\\u03d1\\u03d5\\u03d6\\u03f0\\u03f1\\u03f5\\u1e9b\\u1fbe';

/** Latin letters with a mark, among others. */
const ACCENTED = '\\u00e0-\\u024f\\u1e00-\\u1eff';

/** What may be another letter once it is folded. */
const CHANGED = `[[\\p{Changes_When_Lowercased}${DIACRITICS}${OTHER_FORMS}${ACCENTED}]--[${NEWER_CAPITALS}]]`;

const EACH_CHANGED = new RegExp(CHANGED, 'gv');
const DIACRITIC = new RegExp(`[${DIACRITICS}]`);
const OTHER_FORM = new RegExp(`[${OTHER_FORMS}]`);

/** Letters of one kind that stay as they are: what nearly all words are made of that unicode61 has folded. */
const PLAIN = new RegExp(`^(?:${UNSPACED_LETTER}+|[${SPACED_LETTER}--${CHANGED}]+)$`, 'v');

/** Whether what unicode61 takes for one word, folded, has a word in it that is another one. */
export function isMixed(word: string): boolean {
  if (PLAIN.test(word)) return false;
  const [first, ...others] = tokenize(word);
  return first !== undefined && (others.length > 0 || first.folded !== word);
}

/**
 * A word, or a text of words, as unicode61 would index it (https://sqlite.org/fts5.html#unicode61_tokenizer): in lower case, and a Latin
 * letter with one mark without it. Letters with two, as Vietnamese has them, and those of other scripts are letters of their own; a mark that
 * is a character by itself goes wherever it stands. That Unicode 6.1 is meant is held against SQLite by a test.
 */
export function foldWord(word: string): string {
  // Nearly all words are plain ASCII, for which all else would only cost time.
  return isAscii(word) ? word.toLowerCase() : word.replace(EACH_CHANGED, foldLetter);
}

/** What letters become, of which a text has few different ones. */
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

/** Whether a text is of ASCII alone, as nearly all are. */
export function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
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
