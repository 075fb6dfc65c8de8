import type { SearchTerm } from '../../../sessions/search/search-query.js';
import { foldWord, needsSubstring, tokenize } from '../../../sessions/search/search-text.js';
import { wordsBeginning, type MixedWords } from './mixed-words.js';

/*
 * Python writes JSON in ASCII by default. An index of structured content therefore has `u00fcber` for `über`, `caf` and `u00e9` for `café`,
 * `u7528api` for `用API`, and `nzebra` for `zebra` after a line break.
 */

/** An escape and the letters after it, as an index has it. */
const ESCAPED = /^u([0-9a-f]{4})([^]*)$/i;

/** Length of `u` and its digits. */
const ESCAPE_LENGTH = 5;

/** Letters of JSON escapes that become the first letter of the following word. */
const LETTERS_BEFORE = ['n', 't', 'r'];

/**
 * Most ways to write the beginning of a word. If a longer beginning has more, the ways to write a shorter one are queried instead. If more words
 * begin with a sought prefix, those with the same escape are queried as one.
 */
const MOST_WAYS = 100;

/** Most ways to write a text whose letters have up to two ways each. */
const MOST_PART_WAYS = 16;

/** Most letters of a word that are looked for; a longer word may continue in any way. */
const MOST_LETTERS = 64;

/** Whether a word of an index may stand for escaped text that has letters of words in it. */
export function isEscaped(word: string): boolean {
  const { letters, continues } = decoded(word) ?? { letters: '', continues: false };
  return letters !== '' || continues;
}

/** The text that a word of an index stands for. */
interface EscapedWord {
  readonly word: string;
  /** Its letters, folded. An escape that is not a letter of a word adds none: it may be a quotation mark, or of another script. */
  readonly letters: string;
  /** Whether it can continue a word that began before it. */
  readonly continues: boolean;
}

/** @returns undefined if it has no escape. */
function decoded(word: string): EscapedWord | undefined {
  const [, code, rest = ''] = ESCAPED.exec(word) ?? [];
  if (code === undefined) return undefined;
  const { letters, continues } = escapedLetter(code.toLowerCase());
  return { word, letters: letters + foldWord(rest), continues };
}

/** What escapes stand for, by their digits: tens of thousands of words share some hundreds of escapes. */
const LETTERS = new Map<string, Omit<EscapedWord, 'word'>>();

function escapedLetter(code: string): Omit<EscapedWord, 'word'> {
  const known = LETTERS.get(code);
  if (known !== undefined) return known;
  const character = String.fromCharCode(Number.parseInt(code, 16));
  const isOfWords = !tokenize(character).next().done && !needsSubstring(character);
  const letter = {
    letters: isOfWords ? foldWord(character) : '',
    continues: isOfWords || /^\p{M}/u.test(character),
  };
  LETTERS.set(code, letter);
  return letter;
}

/** A way to write the beginning of a word. */
interface Way {
  readonly words: readonly string[];
  /** How many letters of the word it covers. */
  readonly length: number;
  /** Whether the last of its words may continue. */
  readonly prefix: boolean;
}

/** Determines how words that were written in JSON may appear in an index, from the escaped words that it contains. */
export class EscapedSpellings {
  constructor(private readonly lists: readonly MixedWords[]) {}

  /** All other terms that an index may have for JSON with a given word. Some of them match other words as well. */
  of({ text, prefix }: SearchTerm): readonly SearchTerm[] {
    const folded = foldWord(text);
    const isCut = folded.length > MOST_LETTERS;
    const sought = { letters: folded.slice(0, MOST_LETTERS), prefix: prefix || isCut };
    const written = [...new Set([toAscii(text), ...LETTERS_BEFORE.map((letter) => letter + toAscii(text))])];
    return [
      ...written.filter((other) => other !== text).map((other) => ({ other, prefix })),
      ...this.#ways(sought).map(({ words, prefix: goesOn }) => ({ other: words.join(' '), prefix: goesOn })),
    ].map(({ other, prefix: goesOn }) => ({ kind: 'term', text: other, prefix: goesOn }));
  }

  #ways(sought: Sought): readonly Way[] {
    const { length } = sought.letters;
    const fitting = this.#fitting(sought);
    let ways = begins(sought, fitting);
    for (;;) {
      const open = ways.filter((way) => way.length < length);
      if (open.length === 0) return ways;
      const longer: Way[] = [];
      for (const way of open) {
        const further = fitting(way.length).filter(({ continues }) => continues);
        if (longer.length + further.length > MOST_WAYS) return ways;
        for (const { word, letters } of further) {
          // After a combining mark alone, anything may follow.
          const end = letters === '' ? length : way.length + letters.length;
          longer.push({ words: [...way.words, word], length: end, prefix: false });
        }
      }
      ways = [...ways.filter((way) => way.length >= length), ...longer];
    }
  }

  /**
   * Finds the escaped words whose letters continue a word at a given place. Results are cached, since many ways to write the beginning share a place.
   */
  #fitting({ letters, prefix }: Sought): Fitting {
    const known = this.lists.map(byLetters);
    const places = new Map<number, readonly EscapedWord[]>();
    return (at) => {
      const looked = places.get(at);
      if (looked !== undefined) return looked;
      const rest = letters.slice(at);
      const parts = Array.from({ length: rest.length + 1 }, (_, length) => rest.slice(0, length));
      const words = known.flatMap((list) => {
        const further = prefix ? [...list.keys()].filter((key) => key !== rest && key.startsWith(rest)) : [];
        return [...parts, ...further].flatMap((part) => list.get(part) ?? []);
      });
      places.set(at, words);
      return words;
    };
  }
}

/** The escaped words whose letters continue a word at a given place. */
type Fitting = (at: number) => readonly EscapedWord[];

/** The ways to begin a word: with an escaped word, or with ASCII letters that an escaped word continues. */
function begins(sought: Sought, fitting: Fitting): readonly Way[] {
  const { letters } = sought;
  const plain = /^[\x00-\x7f]*/.exec(letters)?.[0] ?? '';
  const lengths = Array.from({ length: Math.min(plain.length, letters.length - 1) }, (_, at) => at + 1);
  const escaped = fitting(0).filter((begin) => begin.letters !== '');
  return [
    ...(sought.prefix && escaped.length > MOST_WAYS ? together(escaped, letters) : escaped.map(toWay)),
    ...lengths
      .filter((length) => fitting(length).some(({ continues }) => continues))
      .flatMap((length) =>
        ['', ...LETTERS_BEFORE].map((before) => ({
          words: [before + letters.slice(0, length)],
          length,
          prefix: false,
        })),
      ),
  ];
}

function toWay({ word, letters }: EscapedWord): Way {
  return { words: [word], length: letters.length, prefix: false };
}

/** Merges words that begin with the sought letters by their escapes, of which there are far fewer. The merged terms may match other words too. */
function together(words: readonly EscapedWord[], letters: string): readonly Way[] {
  const ways = words.map((escaped): Way => {
    const { word } = escaped;
    const escape = word.slice(0, ESCAPE_LENGTH);
    const begin = escape + letters.slice(escapedLetter(escape.slice(1).toLowerCase()).letters.length);
    const isBegun = escaped.letters.length >= letters.length && word.startsWith(begin);
    return isBegun ? { words: [begin], length: letters.length, prefix: true } : toWay(escaped);
  });
  return [...new Map(ways.map((way) => [`${way.words.join(' ')}${way.prefix ? ' *' : ''}`, way])).values()];
}

/** The sought letters of a word, which may continue if `prefix` is set. */
interface Sought {
  readonly letters: string;
  readonly prefix: boolean;
}

/** The decoded words of each list, by their letters: decoding tens of thousands of words takes longer than most searches. */
const DECODED = new WeakMap<MixedWords, ReadonlyMap<string, readonly EscapedWord[]>>();

function byLetters(list: MixedWords): ReadonlyMap<string, readonly EscapedWord[]> {
  const decodedBefore = DECODED.get(list);
  if (decodedBefore !== undefined) return decodedBefore;
  const known = new Map<string, EscapedWord[]>();
  for (const word of wordsBeginning(list, 'u')) {
    const escaped = decoded(word);
    if (escaped === undefined) continue;
    const same = known.get(escaped.letters);
    if (same === undefined) known.set(escaped.letters, [escaped]);
    else same.push(escaped);
  }
  DECODED.set(list, known);
  return known;
}

/** How a text may be written in JSON, for the trigram index, which ignores case only for ASCII letters; for a long text, how its beginning may be. */
export function escapedParts(term: SearchTerm): readonly SearchTerm[] {
  const json = JSON.stringify(term.text).slice(1, -1);
  let ways = [''];
  for (const letter of json) {
    const cases = [letter.toLowerCase(), letter.toUpperCase()].filter(
      (other) => other.toLowerCase() === letter.toLowerCase(),
    );
    const letters = new Set([letter, ...cases].map((other) => toAscii(other).toLowerCase()));
    if (letters.size > 1 && ways.length * letters.size > MOST_PART_WAYS) break;
    ways = ways.flatMap((way) => [...letters].map((other) => way + other));
  }
  return [...new Set([json, ...ways])]
    .filter((text) => text.toLowerCase() !== term.text.toLowerCase())
    .map((text) => ({ ...term, text }));
}

function toAscii(text: string): string {
  return text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
