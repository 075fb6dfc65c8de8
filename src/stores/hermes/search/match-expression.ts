import type { SearchExpression, SearchTerm } from '../../../sessions/search/search-query.js';

/** The equivalent spellings of a term for FTS5. */
export type Spellings = (term: SearchTerm) => readonly SearchTerm[];

/** Most phrases per query: FTS5 compares all of them for each hit. */
const PHRASES_AT_ONCE = 200;

/** A part of a query in FTS5's language. */
interface Match {
  readonly text: string;
  /** Whether it needs brackets next to an operator other than OR. */
  readonly isAlternatives: boolean;
  readonly phrases: number;
}

/**
 * Translates a search into FTS5's query language. Every term is quoted, so that no input can be taken for syntax. Terms with many spellings make
 * several queries; a hit of any of them is a hit of the search.
 */
export function* toMatchExpressions(expression: SearchExpression, spellings: Spellings): Generator<string> {
  for (const { text } of matchesOf(expression, spellings)) yield text;
}

/** Queries that together match an expression. */
function* matchesOf(expression: SearchExpression, spellings: Spellings): Generator<Match> {
  switch (expression.kind) {
    case 'term':
      yield* gathered(spellings(expression).map(toPhrase));
      break;
    case 'or':
      yield* gathered(expression.operands.flatMap((operand) => [...matchesOf(operand, spellings)]));
      break;
    case 'and':
      yield* combined(expression.operands.map((operand) => [...matchesOf(operand, spellings)]));
      break;
    case 'not': {
      const exclude = joined([...matchesOf(expression.exclude, spellings)], ' OR ');
      for (const include of matchesOf(expression.include, spellings)) {
        const text = `(${include.text}) NOT (${exclude.text})`;
        yield { text, isAlternatives: true, phrases: include.phrases + exclude.phrases };
      }
    }
  }
}

function toPhrase({ text, prefix }: SearchTerm): Match {
  return {
    text: `"${text.replaceAll('"', '""')}"${prefix ? ' *' : ''}`,
    isAlternatives: false,
    phrases: 1,
  };
}

/** Joins alternatives into as few queries as possible. */
function* gathered(alternatives: readonly Match[]): Generator<Match> {
  let some: Match[] = [];
  let phrases = 0;
  for (const alternative of alternatives) {
    if (some.length > 0 && phrases + alternative.phrases > PHRASES_AT_ONCE) {
      yield joined(some, ' OR ');
      some = [];
      phrases = 0;
    }
    some.push(alternative);
    phrases += alternative.phrases;
  }
  yield joined(some, ' OR ');
}

/**
 * Every combination of one alternative per operand. The number of queries is one more than that of the operands with several alternatives. The first
 * alternative is the word itself, which accounts for most hits: the first query finds these alone, and every other query has few hits.
 */
function* combined(operands: readonly (readonly Match[])[]): Generator<Match> {
  const firsts = operands.flatMap((alternatives) => alternatives.slice(0, 1));
  yield joined(firsts, ' AND ');
  for (const [at, [, ...others]] of operands.entries()) {
    if (others.length === 0) continue;
    const further = operands.slice(at + 1).map((alternatives) => joined(alternatives, ' OR '));
    yield joined([...firsts.slice(0, at), joined(others, ' OR '), ...further], ' AND ');
  }
}

function joined(parts: readonly Match[], operator: ' AND ' | ' OR '): Match {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return {
    text: parts.map(({ text, isAlternatives }) => (isAlternatives ? `(${text})` : text)).join(operator),
    isAlternatives: true,
    phrases: parts.reduce((sum, { phrases }) => sum + phrases, 0),
  };
}
