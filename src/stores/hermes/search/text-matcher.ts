import { tokenize, type Token } from './search-text.js';
import type { SearchExpression, SearchTerm } from './search-query.js';

/** Part of a text, in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Finds terms in texts the way the search index would: `words` as unicode61 does, `substrings` as trigram does. */
export type MatchMode = 'words' | 'substrings';

/** Whether a text satisfies a search. */
export function matches(expression: SearchExpression, text: string, mode: MatchMode): boolean {
  const find = finder(text, mode);
  const holds = (part: SearchExpression): boolean => {
    switch (part.kind) {
      case 'term':
        return !find(part).next().done;
      case 'and':
        return part.operands.every(holds);
      case 'or':
        return part.operands.some(holds);
      case 'not':
        return holds(part.include) && !holds(part.exclude);
    }
  };
  return holds(expression);
}

/** Where the terms stand in a text, in order and without overlaps. */
export function findTerms(terms: readonly SearchTerm[], text: string, mode: MatchMode): readonly TextRange[] {
  const find = finder(text, mode);
  const ranges = terms.flatMap((term) => [...find(term)]).sort((a, b) => a.start - b.start || b.end - a.end);
  let covered = 0;
  return ranges.filter((range) => {
    if (range.start < covered) return false;
    covered = range.end;
    return true;
  });
}

type Finder = (term: SearchTerm) => Generator<TextRange, void>;

function finder(text: string, mode: MatchMode): Finder {
  if (mode === 'words') {
    const tokens = [...tokenize(text)];
    return (term) => findWords(tokens, term);
  }
  const folded = text.toLowerCase();
  // A few letters change their length in lower case; then positions would not fit the text any more.
  const haystack = folded.length === text.length ? folded : text;
  return (term) => findSubstrings(haystack, term.text.toLowerCase());
}

function* findWords(tokens: readonly Token[], term: SearchTerm): Generator<TextRange, void> {
  const words = [...tokenize(term.text)].map((token) => token.folded);
  const last = words.length - 1;
  if (last < 0) return;
  for (let at = 0; at + last < tokens.length; at++) {
    const found = words.every((word, offset) => {
      const token = tokens[at + offset]?.folded ?? '';
      return offset === last && term.prefix ? token.startsWith(word) : token === word;
    });
    if (found) yield { start: tokens[at]?.start ?? 0, end: tokens[at + last]?.end ?? 0 };
  }
}

function* findSubstrings(haystack: string, needle: string): Generator<TextRange, void> {
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, at + needle.length)) {
    yield { start: at, end: at + needle.length };
  }
}
