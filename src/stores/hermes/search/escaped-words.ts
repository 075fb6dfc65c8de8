import type { SearchTerm } from '../../../sessions/search/search-query.js';
import { foldWord, needsSubstring, tokenize } from '../../../sessions/search/search-text.js';
import { wordsBeginning, type MixedWords } from './mixed-words.js';

/*
 * Python writes JSON in ASCII unless told otherwise, so that an index of structured content has `u00fcber` for `über`, `caf` and `u00e9` for
 * `café`, `u7528api` for `用API` and `nzebra` for `zebra` behind a line break.
 */

/** An escape with the letters behind it, as an index has it. */
const ESCAPED = /^u([0-9a-f]{4})([^]*)$/i;

/** `u` and its digits. */
const ESCAPE_LENGTH = 5;

/** Escapes of JSON whose letter becomes the first one of the word behind them. */
const LETTERS_BEFORE = ['n', 't', 'r'];

/**
 * So many ways to write a longer part of a word are not asked for any more, but those to write what stands before it; and of so many words
 * that begin with what is looked for, those with one escape are asked for together.
 */
const MOST_WAYS = 100;

/** So many ways to write a text of which each letter has two. */
const MOST_PART_WAYS = 16;

/** Letters of a word that are looked for; what goes on may do so in any way. */
const MOST_LETTERS = 64;

/** Whether an index may have this word for what is escaped, with letters of words in it. */
export function isEscaped(word: string): boolean {
  const { letters, continues } = decoded(word) ?? { letters: '', continues: false };
  return letters !== '' || continues;
}

/** What a word of an index stands for. */
interface EscapedWord {
  readonly word: string;
  /** Folded, those of words alone: the escape may be one of a quotation mark, or of another script. */
  readonly letters: string;
  /** Whether it can go on a word that began before it. */
  readonly continues: boolean;
}

/** @returns undefined where it has no escape. */
function decoded(word: string): EscapedWord | undefined {
  const [, code, rest = ''] = ESCAPED.exec(word) ?? [];
  if (code === undefined) return undefined;
  const { letters, continues } = escapedLetter(code.toLowerCase());
  return { word, letters: letters + foldWord(rest), continues };
}

/** What escapes stand for, by their digits: there are tens of thousands of words with some hundreds of them. */
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
  /** How many letters of the word that are. */
  readonly length: number;
  /** Whether the last of its words may go on. */
  readonly prefix: boolean;
}

/** Tells how words may stand in an index where they were written in JSON, by what escaped words it has. */
export class EscapedSpellings {
  constructor(private readonly lists: readonly MixedWords[]) {}

  /** All other terms that are in the JSON of what has a word. Of some of them that of others may be in it as well. */
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
          // Behind a mark by itself anything may follow.
          const end = letters === '' ? length : way.length + letters.length;
          longer.push({ words: [...way.words, word], length: end, prefix: false });
        }
      }
      ways = [...ways.filter((way) => way.length >= length), ...longer];
    }
  }

  /** Tells escaped words with letters that a word has from a place on. Each place is looked at once, by many ways to write what is before it. */
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

/** Escaped words with letters that a word has from a place on. */
type Fitting = (at: number) => readonly EscapedWord[];

/** Escaped words that a word begins with, and ASCII letters of it that such words go on. */
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

/** Those of some words that begin with letters by their escapes, of which there are far fewer; others may begin so as well. */
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

/** The letters of a word that is looked for, which may go on where `prefix` says so. */
interface Sought {
  readonly letters: string;
  readonly prefix: boolean;
}

/** By its letters, what was decoded of each list: decoding tens of thousands of words takes longer than most searches. */
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

/** How a text may stand in JSON of which an index has all parts, in which case counts but for ASCII; of a long text, how it begins. */
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
