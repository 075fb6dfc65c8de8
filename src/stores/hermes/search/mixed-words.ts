import type { SearchTerm } from '../../../sessions/search/search-query.js';
import { tokenize } from '../../../sessions/search/search-text.js';

/**
 * The words of a full-text index that mix scripts, as threads share them: in UTF-8, each between two zero bytes. unicode61 makes one word
 * of `用API调用`, which no search for `API` finds; but FTS5 tells which words it has (https://sqlite.org/fts5.html#the_fts5vocab_virtual_table_module).
 * Words with escapes, as JSON has them, are among these.
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

  /** A term of words, and all others that mean it. */
  of(term: SearchTerm): readonly SearchTerm[] {
    const words = [...tokenize(term.text)].map(({ folded }) => folded);
    const [first = ''] = words;
    return words.length < 2 ? [term, ...this.#around(first, term.prefix)] : this.#phrases(term, words);
  }

  /** Mixed words with a word in any place. */
  #around(word: string, prefix: boolean): readonly SearchTerm[] {
    const isMeant = ({ folded }: { readonly folded: string }, at: number): boolean =>
      // What begins with it is found by itself.
      prefix ? at > 0 && folded.startsWith(word) : folded === word;
    return this.#holding(word)
      .filter((mixed) => [...tokenize(mixed)].some(isMeant))
      .map((text) => ({ kind: 'term', text, prefix: false }));
  }

  /** Between two words of a phrase there is no script without spaces, so that only its first and last can be parts of mixed words. */
  #phrases(term: SearchTerm, words: readonly string[]): readonly SearchTerm[] {
    const [first = '', last = ''] = [words[0], words.at(-1)];
    const begins = [
      first,
      ...this.#holding(first).filter((mixed) => [...tokenize(mixed)].at(-1)?.folded === first),
    ];
    const ends = [
      last,
      ...(term.prefix ? [] : this.#holding(last).filter((mixed) => [...tokenize(mixed)][0]?.folded === last)),
    ];
    const between = words.slice(1, -1);
    const wanted = begins.length * ends.length;
    if (wanted > MOST_PHRASES) this.#isWhole = false;
    return Array.from({ length: Math.min(wanted, MOST_PHRASES) }, (_, at) => {
      if (at === 0) return term;
      const begin = begins[at % begins.length] ?? first;
      const end = ends[Math.floor(at / begins.length)] ?? last;
      return { kind: 'term', text: [begin, ...between, end].join(' '), prefix: term.prefix };
    });
  }

  /** Mixed words that have a text in them. */
  #holding(text: string): readonly string[] {
    return this.#lists.flatMap((list) => [...wordsWith(list, text)]);
  }
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
