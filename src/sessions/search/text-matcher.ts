import { foldText, foldWord, lowerCase, tokenize, withoutPresentation, type Token } from './search-text.js';
import type { SearchExpression, SearchQuery, SearchTerm } from './search-query.js';

/** Part of a text, in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Finds terms in texts the way the search index would: `words` as unicode61 does, `substrings` as trigram does. */
export type MatchMode = 'words' | 'substrings';

/** How the terms of a search are found in texts. */
export function modeOf({ substring }: SearchQuery): MatchMode {
  return substring ? 'substrings' : 'words';
}

/** Whether a text satisfies a search, its terms being found as that says. */
export function satisfies(query: SearchQuery, text: string): boolean {
  return matches(query.expression, text, modeOf(query));
}

/** Whether a text satisfies an expression. */
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

/** Where the first of the terms stands in a text; undefined where none does. */
export function firstOf(terms: readonly SearchTerm[], text: string, mode: MatchMode): TextRange | undefined {
  const find = finder(text, mode);
  let first: TextRange | undefined;
  for (const term of terms) {
    const { value: range } = find(term).next();
    if (range !== undefined && (first === undefined || range.start < first.start)) first = range;
  }
  return first;
}

/** Where the terms stand in a text, in order and without overlaps. */
export function findTerms(terms: readonly SearchTerm[], text: string, mode: MatchMode): readonly TextRange[] {
  const find = finder(text, mode);
  return withoutOverlaps(terms.flatMap((term) => [...find(term)]));
}

/** Where parts stand in a short text, both compared as `foldText` makes them, in order and without overlaps. */
export function findParts(parts: readonly string[], text: string): readonly TextRange[] {
  // Where each unit of the folded text comes from: a letter can be folded to none, or to several.
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

/** UTF-16 units of a text that are split into words at a time, and of the next ones, in which a phrase may end. */
const PIECE = 65_536;
const OVERLAP = 8192;

/** A part of a text whose words are only looked for where a term may be among them: a message can have millions. */
class Piece {
  #tokens: readonly Token[] | undefined;
  #folded: string | undefined;

  constructor(
    readonly text: string,
    /** Where it stands in the whole text. */
    readonly start: number,
    /** How many of its units are its own, not those of the next piece. */
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

/** The next place where no word is cut, unless there is none near. */
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

/** @param words folded; the last of them may go on in the text where `prefix` says so. */
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

/** Finds a text whose symbols are told to be drawn in one way, in another, or in none. */
function inAnyPresentation(needle: string): RegExp {
  const characters = Array.from(
    needle,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}[\\ufe0e\\ufe0f]?`,
  );
  return new RegExp(characters.join(''), 'gu');
}
