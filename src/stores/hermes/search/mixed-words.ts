import type { Deadline } from '../../../sessions/search/deadline.js';
import type { SearchTerm } from '../../../sessions/search/search-query.js';
import { beginsWithLetter, tokenize, type Token } from '../../../sessions/search/search-text.js';

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

/** Bytes of a character in UTF-8 at most. */
const LONGEST_CHARACTER = 4;

/** So many ways to write a phrase are looked for at most. */
const MOST_PHRASES = 2000;

/** Mixed words that are looked through between two looks at the clock. */
const WORDS_AT_ONCE = 1000;

/** Tells how words may stand in an index, by themselves and within mixed words. */
export class MixedSpellings {
  #isWhole = true;
  #looked = 0;

  constructor(
    private readonly lists: readonly MixedWords[],
    private readonly deadline: Deadline,
  ) {}

  /** Whether no way was left out so far. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * A term of words, and all others that mean it; the first of them has nothing but the words.
   * @throws {DeadlineError}
   */
  of(term: SearchTerm): readonly SearchTerm[] {
    const words = wordsOf(term.text);
    if (words.length === 0) return [term];
    // A word by itself is looked for in all that have it.
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
   * What may stand at each place of a phrase. They are looked for from its end on, and no more once there are as many ways to write the end
   * as are wanted: none of them is kept that no spelling would have.
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
   * Mixed words for the first of some words, or more of them. Before those of the first place anything may be, before others only what is no
   * letter.
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

/** A word of an index, and how many words of a phrase it stands for. */
interface Step {
  readonly text: string;
  readonly length: number;
  /** Whether it may go on. */
  readonly prefix: boolean;
}

function toTerm(steps: readonly Step[]): SearchTerm {
  const text = steps.map((step) => step.text).join(' ');
  return { kind: 'term', text, prefix: steps.at(-1)?.prefix === true };
}

/** Words that follow one another, the last of which may go on where `prefix` says so. */
interface Sought {
  readonly words: readonly string[];
  readonly prefix: boolean;
}

function wordsOf(text: string): readonly string[] {
  return Array.from(tokenize(text), ({ folded }) => folded);
}

/**
 * How many of the words that follow one another a mixed word has in it, each time that it may stand for them: the first of them may be
 * anywhere in it, what goes on begins with it, and only what ends in it may have more behind.
 */
function lengthsIn(text: string, sought: Sought, isFirst: boolean): Iterable<number> {
  const [begin = '', ...others] = sought.words;
  // What begins with it is found by itself.
  if (sought.prefix && others.length === 0 && text.startsWith(begin)) return [];
  if (!isFirst) {
    // Most of those within a phrase go on with something else, which is told without splitting them.
    const rest = text.startsWith(begin) ? text.slice(begin.length) : '';
    const [next] = others;
    if (next !== undefined && !rest.startsWith(next) && beginsWithLetter(rest)) return [];
    return [agreeing(tokenize(text), sought)].filter((length) => length > 0);
  }
  const words = [...tokenize(text)];
  return new Set(words.map((_word, at) => agreeing(words.slice(at), sought)).filter((length) => length > 0));
}

/** @returns how many words are the same until those on one side end; 0 where another one comes before. */
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

/** Of each list the words that begin with what is no letter: few, for which all would have to be looked through for each word of a phrase. */
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
    // What is ASCII in a word of an index is a letter or a digit.
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

/** Those of some words that begin with a text. */
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
