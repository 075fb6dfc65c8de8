import type { Deadline } from '../../../sessions/search/deadline.js';
import type { SearchTerm } from '../../../sessions/search/search-query.js';
import { beginsWithLetter, tokenize, type Token } from '../../../sessions/search/search-text.js';

/**
 * The words of a full-text index that contain others, in memory shared by threads: in UTF-8, each between two zero bytes. unicode61 makes one word of
 * `用API调用` and of `done🙂`, which a search for `API` or `done` does not find. But FTS5 lists the words of an index
 * (https://sqlite.org/fts5.html#the_fts5vocab_virtual_table_module). Words with JSON escapes are included.
 */
export type MixedWords = Uint8Array<SharedArrayBuffer>;

/** Puts words into shared memory, in searchable form. */
export function toMixedWords(words: Iterable<string>): MixedWords {
  const encoded = Buffer.from(`\0${[...words].join('\0')}\0`, 'utf8');
  const shared = new Uint8Array(new SharedArrayBuffer(encoded.length));
  shared.set(encoded);
  return shared;
}

/** Most bytes of a UTF-8 character. */
const LONGEST_CHARACTER = 4;

/** Most ways to write a phrase that are looked for. */
const MOST_PHRASES = 2000;

/** Mixed words searched between two checks of the clock. */
const WORDS_AT_ONCE = 1000;

/** Determines how words may appear in an index: by themselves, and within mixed words. */
export class MixedSpellings {
  #isWhole = true;
  #looked = 0;

  constructor(
    private readonly lists: readonly MixedWords[],
    private readonly deadline: Deadline,
  ) {}

  /** Whether no spelling has been omitted so far. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * All spellings of a term of words; the first consists of the words alone.
   * @throws {DeadlineError}
   */
  of(term: SearchTerm): readonly SearchTerm[] {
    const words = wordsOf(term.text);
    if (words.length === 0) return [term];
    // A single word is looked for in all words that contain it.
    const most = words.length === 1 ? Infinity : MOST_PHRASES;
    const steps = this.#steps({ words, prefix: term.prefix }, most);
    const spellings: SearchTerm[] = [];
    const taken: Step[] = [];
    const write = (at: number): void => {
      if (at === words.length) spellings.push(toTerm(taken));
      for (const step of steps[at] ?? []) {
        if (spellings.length === most) return;
        taken.push(step);
        write(at + step.length);
        taken.pop();
      }
    };
    write(0);
    return spellings;
  }

  /**
   * The index words that may stand at each place of a phrase. Collected from the end of the phrase, and only until the end has as many spellings as
   * wanted: so every collected word is part of some spelling.
   */
  #steps({ words, prefix }: Sought, most: number): readonly (readonly Step[])[] {
    const steps = words.map((text, at) => [
      { text, length: 1, prefix: prefix && at === words.length - 1 } satisfies Step,
    ]);
    const ways = [...words, ''].map(() => 1);
    for (const [at, some] of [...steps.entries()].reverse()) {
      let count = ways[at + 1] ?? 1;
      for (const step of this.#mixed({ words: words.slice(at), prefix }, at === 0)) {
        some.push(step);
        count += ways[at + step.length] ?? 1;
        if (count <= most) continue;
        this.#isWhole = false;
        return steps;
      }
      ways[at] = count;
    }
    return steps;
  }

  /**
   * Mixed words that stand for the first of some words, or for several of them. At the first place of a phrase, anything may precede these in the
   * mixed word; at other places only non-letters.
   */
  *#mixed(sought: Sought, isFirst: boolean): Generator<Step> {
    const [word = ''] = sought.words;
    if (!isFirst) this.deadline.check();
    for (const list of this.lists) {
      const texts = isFirst
        ? [wordsWith(list, word)]
        : [wordsBeginning(list, word), wordsWith(behindSigns(list), word)];
      for (const some of texts) {
        for (const text of some) {
          if (++this.#looked % WORDS_AT_ONCE === 0) this.deadline.check();
          for (const length of lengthsIn(text, sought, isFirst)) yield { text, length, prefix: false };
        }
      }
    }
  }
}

/** A word of an index, and the number of words of a phrase that it stands for. */
interface Step {
  readonly text: string;
  readonly length: number;
  /** Whether it may continue. */
  readonly prefix: boolean;
}

function toTerm(steps: readonly Step[]): SearchTerm {
  const text = steps.map((step) => step.text).join(' ');
  return { kind: 'term', text, prefix: steps.at(-1)?.prefix === true };
}

/** Consecutive words, the last of which may continue if `prefix` is set. */
interface Sought {
  readonly words: readonly string[];
  readonly prefix: boolean;
}

function wordsOf(text: string): readonly string[] {
  return Array.from(tokenize(text), ({ folded }) => folded);
}

/**
 * How many of some consecutive words a mixed word contains, for each position where they may start: at the first place of a phrase anywhere in the
 * mixed word, at other places only at its beginning. More text may follow only if the phrase ends in the mixed word.
 */
function lengthsIn(text: string, sought: Sought, isFirst: boolean): Iterable<number> {
  const [begin = '', ...others] = sought.words;
  // The plain prefix term already finds what begins with it.
  if (sought.prefix && others.length === 0 && text.startsWith(begin)) return [];
  if (!isFirst) {
    // Within a phrase, most continue with something else, which shows without splitting them.
    const rest = text.startsWith(begin) ? text.slice(begin.length) : '';
    const [next] = others;
    if (next !== undefined && !rest.startsWith(next) && beginsWithLetter(rest)) return [];
    return [agreeing(tokenize(text), sought)].filter((length) => length > 0);
  }
  const words = [...tokenize(text)];
  return new Set(words.map((_word, at) => agreeing(words.slice(at), sought)).filter((length) => length > 0));
}

/** @returns how many words agree until either side ends; 0 if they differ before. */
function agreeing(words: Iterable<Token>, sought: Sought): number {
  let at = 0;
  for (const { folded } of words) {
    const wanted = sought.words[at];
    if (wanted === undefined) break;
    at++;
    const mayGoOn = sought.prefix && at === sought.words.length;
    if (mayGoOn ? !folded.startsWith(wanted) : folded !== wanted) return 0;
  }
  return at;
}

/** The words of each list that begin with a non-letter. They are few; without this, each word of a phrase would need a scan of the whole list. */
const BEHIND_SIGNS = new WeakMap<MixedWords, MixedWords>();

function behindSigns(list: MixedWords): MixedWords {
  const known = BEHIND_SIGNS.get(list);
  if (known !== undefined) return known;
  const words = toMixedWords(wordsBehindSigns(list));
  BEHIND_SIGNS.set(list, words);
  return words;
}

function* wordsBehindSigns(words: MixedWords): Generator<string> {
  const list = bufferOf(words);
  for (let at = 1, end = list.indexOf(0, at); end !== -1; at = end + 1, end = list.indexOf(0, at)) {
    // ASCII characters in index words are letters or digits.
    if ((list[at] ?? 0) < 0x80) continue;
    const begin = list.toString('utf8', at, Math.min(end, at + LONGEST_CHARACTER));
    if (!beginsWithLetter(begin)) yield list.toString('utf8', at, end);
  }
}

function* wordsWith(words: MixedWords, text: string): Generator<string> {
  if (text === '') return;
  const list = bufferOf(words);
  for (let at = list.indexOf(text); at !== -1;) {
    const end = list.indexOf(0, at);
    yield list.toString('utf8', list.lastIndexOf(0, at) + 1, end);
    at = list.indexOf(text, end);
  }
}

/** The words in a list that begin with a text. */
export function* wordsBeginning(words: MixedWords, text: string): Generator<string> {
  const list = bufferOf(words);
  for (let at = list.indexOf(`\0${text}`); at !== -1;) {
    const end = list.indexOf(0, at + 1);
    yield list.toString('utf8', at + 1, end);
    at = list.indexOf(`\0${text}`, end);
  }
}

function bufferOf({ buffer, byteOffset, length }: MixedWords): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
