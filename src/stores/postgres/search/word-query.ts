import {
  allTerms,
  type SearchExpression,
  type SearchQuery,
  type SearchTerm,
} from '../../../sessions/search/search-query.js';
import { tokenize, UNSPACED_RUN } from '../../../sessions/search/search-text.js';
import { isCut, PAIR, toLexeme } from './lexemes.js';

/** Hermes's trigram index has no entries for shorter texts. */
const INDEXED_LENGTH = 3;

/** A lexeme, or a prefix of lexemes, to look for. */
interface Sought {
  readonly lexeme: string;
  readonly prefix: boolean;
}

/** By lexeme, the positions of the messages of one row that contain it. */
type Places = ReadonlyMap<string, readonly number[]>;

/** A search as a query on the word index. */
export interface WordQuery {
  /** A tsquery that matches every row with a hit, and maybe others; undefined if only reading all messages would find them. */
  readonly text: string | undefined;
  /** Whether it matches only rows with hits. */
  readonly isExact: boolean;
  readonly lexemes: readonly string[];
  readonly prefixes: readonly string[];
  /** Whether only messages in the origin's trigram index can be hits. */
  readonly needsParts: boolean;
  /** The messages of a row that are hits, or that may be if the query is not exact. */
  readonly candidates: (places: Places, count: number) => readonly number[];
}

/** Matches nothing. */
export const NO_WORDS: WordQuery = {
  text: undefined,
  isExact: false,
  lexemes: [],
  prefixes: [],
  needsParts: false,
  candidates: () => [],
};

/** Whether the message at a position matches; undefined if the index cannot tell. */
type Test = (places: Places, place: number) => boolean | undefined;

interface Part {
  readonly text: string | undefined;
  readonly isExact: boolean;
  readonly test: Test;
}

/** Translates a search. Lexemes of the same message have the same position, which the operator `<0>` tests. */
export function toWordQuery({ expression, substring }: SearchQuery): WordQuery {
  const terms = allTerms(expression);
  const needsParts = substring && terms.every(({ text }) => Array.from(text).length >= INDEXED_LENGTH);
  const sought = (term: SearchTerm): readonly (readonly Sought[])[] =>
    substring ? soughtPairs(term, needsParts) : soughtWords(term);
  const part = toPart(expression, sought, substring);
  const all = terms.flatMap((term) => sought(term).flat());
  return {
    text: part.text,
    isExact: part.isExact && part.text !== undefined,
    lexemes: all.filter(({ prefix }) => !prefix).map(({ lexeme }) => lexeme),
    prefixes: all.filter(({ prefix }) => prefix).map(({ lexeme }) => lexeme),
    needsParts,
    candidates: (places, count) =>
      Array.from({ length: count }, (_, at) => at + 1).filter((place) => part.test(places, place) !== false),
  };
}

/** The lexemes that a term needs: one of each group. */
function soughtWords({ text, prefix }: SearchTerm): readonly (readonly Sought[])[] {
  const words = [...tokenize(text)].map(({ folded }) => folded);
  return words.map((word, at) => [
    { lexeme: toLexeme(word), prefix: prefix && at === words.length - 1 && !isCut(word) },
  ]);
}

function soughtPairs({ text }: SearchTerm, needsParts: boolean): readonly (readonly Sought[])[] {
  const kinds = needsParts ? [PAIR.indexed] : [PAIR.indexed, PAIR.other];
  return [...text.toLowerCase().matchAll(UNSPACED_RUN)].flatMap(([run]) => {
    const characters = Array.from(run);
    if (characters.length === 1) return [kinds.map((kind) => ({ lexeme: kind + run, prefix: true }))];
    return characters
      .slice(0, -1)
      .map((character, at) =>
        kinds.map((kind) => ({ lexeme: kind + character + (characters[at + 1] ?? ''), prefix: false })),
      );
  });
}

function toPart(
  expression: SearchExpression,
  sought: (term: SearchTerm) => readonly (readonly Sought[])[],
  substring: boolean,
): Part {
  const part = (inner: SearchExpression): Part => toPart(inner, sought, substring);
  switch (expression.kind) {
    case 'term':
      return termPart(expression, sought(expression), substring);
    case 'and':
      return allOf(expression.operands.map(part));
    case 'or':
      return anyOf(expression.operands.map(part));
    case 'not':
      return without(part(expression.include), part(expression.exclude));
  }
}

function termPart(term: SearchTerm, sought: readonly (readonly Sought[])[], substring: boolean): Part {
  const isExact = substring ? isPair(term) : isWord(term);
  const parts = sought.map((choices) => anyOf(choices.map(lexemePart)));
  return { ...allOf(parts), isExact };
}

/** Whether a term is a single word that is indexed whole. */
function isWord({ text }: SearchTerm): boolean {
  const words = [...tokenize(text)];
  return words.length === 1 && words.every(({ folded }) => !isCut(folded));
}

/**
 * Whether a term is at most two characters that are indexed as a pair, as most Chinese words are. Then a message that has the pair has
 * the term.
 */
function isPair({ text }: SearchTerm): boolean {
  const [run] = text.match(UNSPACED_RUN) ?? [];
  return run === text && Array.from(run).length <= 2;
}

function lexemePart({ lexeme, prefix }: Sought): Part {
  const quoted = `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return {
    text: prefix ? `${quoted}:*` : quoted,
    isExact: true,
    test: (places, place) =>
      prefix
        ? [...places].some(([key, at]) => key.startsWith(lexeme) && at.includes(place))
        : (places.get(lexeme)?.includes(place) ?? false),
  };
}

function allOf(parts: readonly Part[]): Part {
  const texts = parts.flatMap(({ text }) => text ?? []);
  return {
    text: texts.length < 2 ? texts[0] : `(${texts.join(' <0> ')})`,
    isExact: parts.every(({ isExact }) => isExact),
    test: (places, place) => {
      const answers = parts.map(({ test }) => test(places, place));
      if (answers.includes(false)) return false;
      return answers.length === 0 || answers.includes(undefined) ? undefined : true;
    },
  };
}

function anyOf(parts: readonly Part[]): Part {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const texts = parts.flatMap(({ text }) => text ?? []);
  return {
    text: texts.length < parts.length ? undefined : `(${texts.join(' | ')})`,
    isExact: parts.every(({ isExact }) => isExact),
    test: (places, place) => {
      const answers = parts.map(({ test }) => test(places, place));
      if (answers.includes(true)) return true;
      return answers.includes(undefined) ? undefined : false;
    },
  };
}

/** Only what can be decided for sure may be excluded. */
function without(include: Part, exclude: Part): Part {
  const excludes = exclude.isExact && exclude.text !== undefined;
  return {
    text: include.text === undefined || !excludes ? include.text : `(${include.text} <0> !(${exclude.text}))`,
    isExact: include.isExact && excludes,
    test: (places, place) => {
      if (excludes && exclude.test(places, place) === true) return false;
      return include.test(places, place);
    },
  };
}
