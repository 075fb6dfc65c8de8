import type { SessionMatch } from '../../domain/session.js';
import { escapeHtml, unescapeHtml } from '../../text/escape-html.js';
import { safeCut } from '../../text/safe-cut.js';
import { findParts, findTerms, firstOf, modeOf, type TextRange } from './text-matcher.js';
import type { SearchQuery } from './search-query.js';

/** UTF-16 units of text before the first hit, and in total. */
const LEAD = 48;
const WIDTH = 200;

/**
 * The part of a text around its first hit, as HTML: each hit in `<mark>…</mark>`, everything else escaped, white space collapsed, `…`
 * where text was omitted.
 */
export function toSnippet(query: SearchQuery, text: string): string {
  const first = firstOf(query.positiveTerms, text, modeOf(query));
  return snippetAround(text, first, (part) => rangesNear(query, text, part));
}

/** The match of a session that was found by its title only, in which terms match anywhere, not only at words. */
export function toTitleMatch(query: SearchQuery, title: string | null): SessionMatch {
  const text = title ?? '';
  const ranges = findParts(
    query.positiveTerms.map((term) => term.text),
    text,
  );
  const snippet = snippetAround(text, ranges[0], () => ranges);
  return { messageId: null, role: null, timestamp: null, snippet };
}

/** @param rangesIn the hits in a part of the text, possibly with others, in order and without overlaps. */
function snippetAround(
  text: string,
  first: TextRange = { start: 0, end: 0 },
  rangesIn: (part: TextRange) => readonly TextRange[],
): string {
  const start = safeCut(text, first.start > LEAD ? wordStart(text, first.start - LEAD) : 0);
  const end = safeCut(text, Math.min(text.length, Math.max(start + WIDTH, first.end)));
  const ranges = rangesIn({ start, end });
  let html = start > 0 ? '…' : '';
  let at = start;
  for (const range of ranges) {
    if (range.start < at || range.end > end) continue;
    html += `${escapeHtml(text.slice(at, range.start))}<mark>${escapeHtml(text.slice(range.start, range.end))}</mark>`;
    at = range.end;
  }
  html += escapeHtml(text.slice(at, end));
  return `${html.replace(/\s+/g, ' ').trim()}${end < text.length ? '…' : ''}`;
}

/** A snippet as plain text, with each hit between two markers. */
export function toPlainSnippet(html: string, begin: string, end: string): string {
  return unescapeHtml(html.replaceAll('<mark>', begin).replaceAll('</mark>', end));
}

/** The hits in a part of a text. It scans the same width on both sides, so that words at its edges are not cut. */
function rangesNear(query: SearchQuery, text: string, { start, end }: TextRange): readonly TextRange[] {
  const from = safeCut(text, Math.max(0, start - WIDTH));
  const near = text.slice(from, end + WIDTH);
  return findTerms(query.positiveTerms, near, modeOf(query)).map((range) => ({
    start: from + range.start,
    end: from + range.end,
  }));
}

/** The next position after a space, so that no word is cut, if there is one nearby. */
function wordStart(text: string, from: number): number {
  const space = text.slice(from, from + LEAD / 2).search(/\s/);
  return space === -1 ? from : from + space + 1;
}
