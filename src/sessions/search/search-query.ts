import type { SearchPlace } from '../session-query.js';
import { needsSubstring, SYMBOLS_ALONE, withoutPresentation, WORDS, type Searchable } from './search-text.js';

/** A word or a phrase; `prefix` means that its last word may go on. */
export interface SearchTerm {
  readonly kind: 'term';
  readonly text: string;
  readonly prefix: boolean;
}

/** What a search asks for. */
export type SearchExpression =
  | SearchTerm
  | { readonly kind: 'and' | 'or'; readonly operands: readonly SearchExpression[] }
  | { readonly kind: 'not'; readonly include: SearchExpression; readonly exclude: SearchExpression };

/** What has to be there, and what must not be. */
export interface SearchAlternative {
  readonly included: readonly SearchTerm[];
  readonly excluded: readonly SearchTerm[];
}

/** A search text, understood. */
export interface SearchQuery {
  readonly expression: SearchExpression;
  /** Terms whose presence counts as a hit. */
  readonly positiveTerms: readonly SearchTerm[];
  /** What OR stands between. */
  readonly alternatives: readonly SearchAlternative[];
  /** Whether some term is of what only a substring search finds: a script without spaces, or symbols. */
  readonly substring: boolean;
}

type Lexeme = SearchTerm | { readonly kind: 'operator'; readonly name: 'AND' | 'OR' | 'NOT' };

/**
 * Understands what somebody typed. Words are ANDed; `"phrases"`, `prefix*` and the bare words `AND`, `OR`
 * and `NOT` mean what they mean to Hermes, NOT binding closest; everything else is literal. An operator
 * without something on each side is left out, as Hermes does, so that a query half typed already answers.
 * Symbols such as `→` or `€` are searched for where nothing else was typed; beside words they are punctuation.
 * @returns undefined where there is nothing to search for.
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
 * What a title has to satisfy; nothing where no title is looked at: with OR or NOT a search looks at content alone, unless it is of titles.
 * @param place where it looks.
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

/** An expression that is satisfied by all that satisfies another one, and by what that one excludes. */
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
  // SQLite reads a query up to the first NUL; no control character can be searched for anyway.
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

/** Leaves only operators that stand between two terms, the first where several follow one another. */
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

/** What is equal once: each term costs time, and said again it changes nothing. */
function distinct<T extends object>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** `a b NOT c d` is (a AND b AND d) NOT c: flat, since FTS5 limits how deep an expression may be. */
function toExpression({ included, excluded }: SearchAlternative): SearchExpression {
  const include = combine('and', included);
  return excluded.length === 0 ? include : { kind: 'not', include, exclude: combine('or', excluded) };
}

function combine(kind: 'and' | 'or', operands: readonly SearchExpression[]): SearchExpression {
  const [only] = operands;
  return operands.length === 1 && only !== undefined ? only : { kind, operands };
}
