import {
  allTerms,
  type SearchExpression,
  type SearchQuery,
  type SearchTerm,
} from '../../../sessions/search/search-query.js';
import { tokenize, UNSPACED_RUN } from '../../../sessions/search/search-text.js';
import { isCut, PAIR, toLexeme } from './lexemes.js';

/** Hermes's own index of parts has no entry for less. */
const INDEXED_LENGTH = 3;

/** A lexeme that is looked for, or all that begin with it. */
interface Sought {
  readonly lexeme: string;
  readonly prefix: boolean;
}

/** By lexeme, the places of the messages that have it among those of one row. */
type Places = ReadonlyMap<string, readonly number[]>;

/** How an index of words is asked for a search. */
export interface WordQuery {
  /** A query that finds every row with a hit, maybe more; undefined where only reading all messages would. */
  readonly text: string | undefined;
  /** Whether it finds those alone. */
  readonly isExact: boolean;
  readonly lexemes: readonly string[];
  readonly prefixes: readonly string[];
  /** Whether only messages are hits that the origin's index of parts has. */
  readonly needsParts: boolean;
  /** The messages of a row that are hits, or may be where the query is not exact. */
  readonly candidates: (places: Places, count: number) => readonly number[];
}

/** Asks for nothing. */
export const NO_WORDS: WordQuery = {
  ...{ text: undefined, isExact: false, lexemes: [], prefixes: [], needsParts: false },
  candidates: () => [],
};

/** Whether a place holds; undefined where the index cannot tell. */
type Test = (places: Places, place: number) => boolean | undefined;

interface Part {
  readonly text: string | undefined;
  readonly isExact: boolean;
  readonly test: Test;
}

/** Works out how to ask. Two lexemes of one message stand at the same position, which `<0>` asks for. */
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

/** What a term needs: one of each of these. */
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

/** Whether a term is one word, all of which is kept. */
function isWord({ text }: SearchTerm): boolean {
  const words = [...tokenize(text)];
  return words.length === 1 && words.every(({ folded }) => !isCut(folded));
}

/** Whether a term is no more than two characters that are kept as a pair, as most Chinese words are: whatever has the pair has the term. */
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

/** What cannot be told for sure may not be taken out. */
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
