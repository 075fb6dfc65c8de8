import type { SearchTerm } from '../../../sessions/search/search-query.js';
import { tokenize } from '../../../sessions/search/search-text.js';

/**
 * The words of a full-text index that have others in them, as threads share them: in UTF-8, each between two zero bytes. unicode61 makes one
 * word of `用API调用` and of `done🙂`, which no search for `API` or `done` finds; but FTS5 tells which words it has
 * (https://sqlite.org/fts5.html#the_fts5vocab_virtual_table_module). Words with escapes, as JSON has them, are among these.
 */
export type MixedWords = Uint8Array<SharedArrayBuffer>;

/** Words as they are shared, and looked through. */
export function toMixedWords(words: Iterable<string>): MixedWords {
  const encoded = Buffer.from(`\0${[...words].join('\0')}\0`, 'utf8');
  const shared = new Uint8Array(new SharedArrayBuffer(encoded.length));
  shared.set(encoded);
  return shared;
}

/** So many ways to write a phrase are looked for at most. */
const MOST_PHRASES = 2000;

/** Tells how words may stand in an index, by themselves and within mixed words. */
export class MixedSpellings {
  readonly #lists: readonly Buffer[];
  #isWhole = true;

  constructor(lists: readonly MixedWords[]) {
    this.#lists = lists.map(({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length));
  }

  /** Whether no way was left out so far. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** A term of words, and all others that mean it; the first of them has nothing but the words. */
  of(term: SearchTerm): readonly SearchTerm[] {
    const words = wordsOf(term.text);
    if (words.length === 0) return [term];
    const held = new Map(words.map((word) => [word, this.#holding(word)]));
    const spellings: SearchTerm[] = [];
    const write = (before: string, at: number): void => {
      const rest = words.slice(at);
      const [word = ''] = rest;
      const end = (text: string, prefix: boolean): number =>
        spellings.push({ kind: 'term', text: before + text, prefix });
      if (rest.length === 1) end(word, term.prefix);
      else write(`${before}${word} `, at + 1);
      for (const mixed of held.get(word) ?? []) {
        for (const length of lengthsIn(mixed, rest, { isFirst: at === 0, prefix: term.prefix })) {
          // A word by itself is looked for in all that have it.
          if (words.length > 1 && spellings.length >= MOST_PHRASES) {
            this.#isWhole = false;
            return;
          }
          if (length === rest.length) end(mixed.text, false);
          else write(`${before}${mixed.text} `, at + length);
        }
      }
    };
    write('', 0);
    return spellings;
  }

  /** Mixed words that have a text in them. */
  #holding(text: string): readonly MixedWord[] {
    return this.#lists.flatMap((list) => Array.from(wordsWith(list, text), toMixedWord));
  }
}

function wordsOf(text: string): readonly string[] {
  return Array.from(tokenize(text), ({ folded }) => folded);
}

/** A word of an index, and those in it. */
interface MixedWord {
  readonly text: string;
  readonly words: readonly string[];
}

function toMixedWord(text: string): MixedWord {
  return { text, words: wordsOf(text) };
}

/**
 * How many of the words that follow one another a mixed word has in it, each time that it may stand for them: the first of them may be
 * anywhere in it, what goes on begins with it, and only what ends in it may have more behind.
 */
function lengthsIn(
  { text, words }: MixedWord,
  sought: readonly string[],
  { isFirst, prefix }: { readonly isFirst: boolean; readonly prefix: boolean },
): ReadonlySet<number> {
  const [begin = ''] = sought;
  // What begins with it is found by itself.
  if (prefix && sought.length === 1 && text.startsWith(begin)) return new Set();
  const isMeant = (word: string, at: number): boolean =>
    prefix && at === sought.length - 1 ? word.startsWith(sought[at] ?? '') : word === sought[at];
  const starts = isFirst ? words.map((_word, at) => at) : [0];
  const parts = starts.map((at) => words.slice(at, at + sought.length));
  return new Set(parts.filter((part) => part.every(isMeant)).map(({ length }) => length));
}

function* wordsWith(list: Buffer, text: string): Generator<string> {
  if (text === '') return;
  for (let at = list.indexOf(text); at !== -1;) {
    const end = list.indexOf(0, at);
    yield list.toString('utf8', list.lastIndexOf(0, at) + 1, end);
    at = list.indexOf(text, end);
  }
}

/** Those of some words that begin with a text. */
export function* wordsBeginning(words: MixedWords, text: string): Generator<string> {
  const list = Buffer.from(words.buffer, words.byteOffset, words.length);
  for (let at = list.indexOf(`\0${text}`); at !== -1;) {
    const end = list.indexOf(0, at + 1);
    yield list.toString('utf8', at + 1, end);
    at = list.indexOf(`\0${text}`, end);
  }
}
