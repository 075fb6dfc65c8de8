import type { SearchPlace } from '../session-query.js';
import { needsSubstring, SYMBOLS_ALONE, withoutPresentation, WORDS, type Searchable } from './search-text.js';

/** A word or a phrase; with `prefix` its last word also matches the beginning of a word. */
export interface SearchTerm {
  readonly kind: 'term';
  readonly text: string;
  readonly prefix: boolean;
}

/** The expression of a search. */
export type SearchExpression =
  | SearchTerm
  | { readonly kind: 'and' | 'or'; readonly operands: readonly SearchExpression[] }
  | { readonly kind: 'not'; readonly include: SearchExpression; readonly exclude: SearchExpression };

/** Terms that must occur, and terms that must not. */
export interface SearchAlternative {
  readonly included: readonly SearchTerm[];
  readonly excluded: readonly SearchTerm[];
}

/** A parsed search. */
export interface SearchQuery {
  readonly expression: SearchExpression;
  /** Terms that count as hits. */
  readonly positiveTerms: readonly SearchTerm[];
  /** The operands of OR. */
  readonly alternatives: readonly SearchAlternative[];
  /** Whether a term needs substring search: it contains a script without spaces, or symbols. */
  readonly substring: boolean;
}

type Lexeme = SearchTerm | { readonly kind: 'operator'; readonly name: 'AND' | 'OR' | 'NOT' };

/**
 * Parses user input. Words are combined by AND; `"phrases"`, `prefix*` and the bare words `AND`, `OR` and `NOT` have the same meaning as
 * in Hermes, and NOT binds closest; everything else is literal. As in Hermes, an operator without operands on both sides is ignored, so
 * that a half-typed query already works. Symbols such as `→` or `€` are searched for only if nothing else was typed; beside words they
 * are punctuation.
 * @returns undefined if there is nothing to search for.
 */
export function parseSearch(text: string): SearchQuery | undefined {
  const words = withoutDanglingOperators(lex(text, WORDS));
  const lexemes = words.length > 0 ? words : withoutDanglingOperators(lex(text, SYMBOLS_ALONE));
  if (lexemes.length === 0) return undefined;
  const alternatives = distinct(splitByOr(lexemes).map(toAlternative));
  const expression = combine('or', alternatives.map(toExpression));
  const terms = lexemes.filter((lexeme) => lexeme.kind === 'term');
  return {
    expression,
    positiveTerms: allTerms(withoutExclusions(expression)),
    alternatives,
    substring: words.length === 0 || terms.some((term) => needsSubstring(term.text)),
  };
}

/**
 * The conditions on titles; empty if titles are not searched: with OR or NOT only contents are searched, unless the search is for titles
 * only.
 * @param place where the search looks.
 */
export function titleAlternatives(
  { alternatives }: SearchQuery,
  place: SearchPlace | undefined,
): readonly SearchAlternative[] {
  const isPlain = alternatives.length === 1 && alternatives.every(({ excluded }) => excluded.length === 0);
  return isPlain || place === 'titles' ? alternatives : [];
}

/** All terms of an expression. */
export function allTerms(expression: SearchExpression): readonly SearchTerm[] {
  switch (expression.kind) {
    case 'term':
      return [expression];
    case 'not':
      return [...allTerms(expression.include), ...allTerms(expression.exclude)];
    default:
      return expression.operands.flatMap(allTerms);
  }
}

/** An expression without its exclusions, which matches everything that it matches, and more. */
function withoutExclusions(expression: SearchExpression): SearchExpression {
  switch (expression.kind) {
    case 'term':
      return expression;
    case 'not':
      return withoutExclusions(expression.include);
    default:
      return { ...expression, operands: expression.operands.map(withoutExclusions) };
  }
}

function lex(text: string, kind: Searchable): readonly Lexeme[] {
  // SQLite reads a query only up to the first NUL; other control characters cannot be searched for.
  const clean = withoutPresentation(text.toWellFormed().replace(/[\u0000-\u001f\u007f\ufffd]/g, ' '));
  return [...clean.matchAll(/"([^"]*)"(\*?)|[^\s"]+/gu)].flatMap((match) => {
    const [whole, phrase, star] = match;
    return phrase === undefined ? lexWord(whole, kind) : lexTerm(phrase, star === '*', kind);
  });
}

function lexWord(word: string, kind: Searchable): readonly Lexeme[] {
  if (word === 'AND' || word === 'OR' || word === 'NOT') return [{ kind: 'operator', name: word }];
  return lexTerm(word, word.endsWith('*'), kind);
}

function lexTerm(text: string, prefix: boolean, kind: Searchable): readonly SearchTerm[] {
  if (!kind.isIn(text)) return [];
  return [{ kind: 'term', text: kind.trim(text.replace(/\s+/g, ' ')), prefix }];
}

/** Keeps only operators between two terms, and only the first of several adjacent ones. */
function withoutDanglingOperators(lexemes: readonly Lexeme[]): readonly Lexeme[] {
  const kept: Lexeme[] = [];
  for (const lexeme of lexemes) {
    const previous = kept[kept.length - 1];
    if (lexeme.kind === 'operator' && previous?.kind !== 'term') continue;
    kept.push(lexeme);
  }
  if (kept[kept.length - 1]?.kind === 'operator') kept.pop();
  return kept;
}

function splitByOr(lexemes: readonly Lexeme[]): readonly (readonly Lexeme[])[] {
  const alternatives: Lexeme[][] = [[]];
  for (const lexeme of lexemes) {
    if (lexeme.kind === 'operator' && lexeme.name === 'OR') alternatives.push([]);
    else alternatives[alternatives.length - 1]?.push(lexeme);
  }
  return alternatives;
}

function toAlternative(lexemes: readonly Lexeme[]): SearchAlternative {
  const included: SearchTerm[] = [];
  const excluded: SearchTerm[] = [];
  lexemes.forEach((lexeme, position) => {
    if (lexeme.kind === 'operator') return;
    const before = lexemes[position - 1];
    (before?.kind === 'operator' && before.name === 'NOT' ? excluded : included).push(lexeme);
  });
  return { included: distinct(included), excluded: distinct(excluded) };
}

/** Removes duplicates, which cost time and change nothing. */
function distinct<T extends object>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** `a b NOT c d` becomes (a AND b AND d) NOT c: flat, because FTS5 limits the depth of expressions. */
function toExpression({ included, excluded }: SearchAlternative): SearchExpression {
  const include = combine('and', included);
  return excluded.length === 0 ? include : { kind: 'not', include, exclude: combine('or', excluded) };
}

function combine(kind: 'and' | 'or', operands: readonly SearchExpression[]): SearchExpression {
  const [only] = operands;
  return operands.length === 1 && only !== undefined ? only : { kind, operands };
}
