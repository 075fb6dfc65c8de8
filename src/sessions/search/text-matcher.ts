import { foldText, foldWord, lowerCase, tokenize, withoutPresentation, type Token } from './search-text.js';
import type { SearchExpression, SearchQuery, SearchTerm } from './search-query.js';

/** A range of a text, in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** How terms are matched: `words` as SQLite's unicode61 tokenizer, `substrings` as its trigram tokenizer. */
export type MatchMode = 'words' | 'substrings';

/** The match mode of a search. */
export function modeOf({ substring }: SearchQuery): MatchMode {
  return substring ? 'substrings' : 'words';
}

/** Whether a text matches a search. */
export function satisfies(query: SearchQuery, text: string): boolean {
  return matches(query.expression, text, modeOf(query));
}

/** Whether a text matches an expression. */
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

/** The first occurrence of any of the terms in a text; undefined if there is none. */
export function firstOf(terms: readonly SearchTerm[], text: string, mode: MatchMode): TextRange | undefined {
  const find = finder(text, mode);
  let first: TextRange | undefined;
  for (const term of terms) {
    const { value: range } = find(term).next();
    if (range !== undefined && (first === undefined || range.start < first.start)) first = range;
  }
  return first;
}

/** The occurrences of the terms in a text, in order and without overlaps. */
export function findTerms(terms: readonly SearchTerm[], text: string, mode: MatchMode): readonly TextRange[] {
  const find = finder(text, mode);
  return withoutOverlaps(terms.flatMap((term) => [...find(term)]));
}

/** The occurrences of parts in a short text, both folded by `foldText`, in order and without overlaps. */
export function findParts(parts: readonly string[], text: string): readonly TextRange[] {
  // The origin of each unit of the folded text: folding can remove a letter, or turn it into several.
  const origins: TextRange[] = [];
  let folded = '';
  for (const { index, 0: character } of text.matchAll(/\P{M}\p{M}*|\p{M}+/gu)) {
    const piece = foldText(character);
    folded += piece;
    const origin = { start: index, end: index + character.length };
    for (let unit = 0; unit < piece.length; unit++) origins.push(origin);
  }
  const ranges = parts.map(foldText).flatMap((part) => {
    const found: TextRange[] = [];
    for (
      let at = folded.indexOf(part);
      part !== '' && at !== -1;
      at = folded.indexOf(part, at + part.length)
    ) {
      const [first, last] = [origins[at], origins[at + part.length - 1]];
      if (first !== undefined && last !== undefined) found.push({ start: first.start, end: last.end });
    }
    return found;
  });
  return withoutOverlaps(ranges);
}

function withoutOverlaps(ranges: readonly TextRange[]): readonly TextRange[] {
  let covered = 0;
  return [...ranges]
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .filter((range) => {
      if (range.start < covered) return false;
      covered = range.end;
      return true;
    });
}

type Finder = (term: SearchTerm) => Generator<TextRange, void>;

function finder(text: string, mode: MatchMode): Finder {
  if (mode === 'words') {
    const pieces = piecesOf(text);
    return (term) => findWords(pieces, term);
  }
  const haystack = lowerCase(text);
  return (term) => findSubstrings(haystack, lowerCase(term.text));
}

/** UTF-16 units of a text that are tokenized at once, and of the overlap with the next piece, so that phrases across pieces are found. */
const PIECE = 65_536;
const OVERLAP = 8192;

/** A piece of a text that is tokenized only if it may contain a term: a message can have millions of words. */
class Piece {
  #tokens: readonly Token[] | undefined;
  #folded: string | undefined;

  constructor(
    readonly text: string,
    /** Its offset in the whole text. */
    readonly start: number,
    /** Its length without the overlap. */
    readonly length: number,
  ) {}

  get tokens(): readonly Token[] {
    this.#tokens ??= [...tokenize(this.text)];
    return this.#tokens;
  }

  mayHold(word: string): boolean {
    this.#folded ??= foldWord(this.text);
    return this.#folded.includes(word);
  }
}

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < text.length;) {
    const end = endOfWord(text, start + PIECE);
    pieces.push(new Piece(text.slice(start, end + OVERLAP), start, end - start));
    start = end;
  }
  return pieces;
}

/** The next position that does not cut a word, if there is one nearby. */
function endOfWord(text: string, from: number): number {
  if (from >= text.length) return text.length;
  const space = text.slice(from, from + OVERLAP).search(/\s/);
  return space === -1 ? from : from + space;
}

function* findWords(pieces: readonly Piece[], term: SearchTerm): Generator<TextRange, void> {
  const words = [...tokenize(term.text)].map((token) => token.folded);
  const [first] = words;
  if (first === undefined) return;
  for (const piece of pieces) {
    if (!piece.mayHold(first)) continue;
    for (const range of findInTokens(piece.tokens, words, term.prefix)) {
      if (range.start >= piece.length) break;
      yield { start: piece.start + range.start, end: piece.start + range.end };
    }
  }
}

/** @param words folded; with `prefix` the last one also matches the beginning of a word. */
function* findInTokens(
  tokens: readonly Token[],
  words: readonly string[],
  prefix: boolean,
): Generator<TextRange, void> {
  const last = words.length - 1;
  for (let at = 0; at + last < tokens.length; at++) {
    const found = words.every((word, offset) => {
      const token = tokens[at + offset]?.folded ?? '';
      return offset === last && prefix ? token.startsWith(word) : token === word;
    });
    if (found) yield { start: tokens[at]?.start ?? 0, end: tokens[at + last]?.end ?? 0 };
  }
}

function* findSubstrings(haystack: string, needle: string): Generator<TextRange, void> {
  if (withoutPresentation(haystack) !== haystack) {
    for (const { index, 0: found } of haystack.matchAll(inAnyPresentation(needle)))
      yield { start: index, end: index + found.length };
    return;
  }
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, at + needle.length)) {
    yield { start: at, end: at + needle.length };
  }
}

/** Matches a text with any variation selectors after its symbols, or none. */
function inAnyPresentation(needle: string): RegExp {
  const characters = Array.from(
    needle,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}[\\ufe0e\\ufe0f]?`,
  );
  return new RegExp(characters.join(''), 'gu');
}
