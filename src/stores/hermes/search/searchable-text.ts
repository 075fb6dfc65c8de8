import type { SearchQuery } from '../../../sessions/search/search-query.js';
import { satisfies } from '../../../sessions/search/text-matcher.js';
import { readableText } from '../../../sessions/transcript/message-content.js';

/** What is searched in a message: its content and its tool's name and calls, as Hermes's own index holds them. */
export function searchableText(stored: readonly unknown[]): string {
  return stored
    .map((value) => (typeof value === 'string' ? readableText(value) : ''))
    .filter((text) => text !== '')
    .join(' ');
}

/** Whether what is stored of a message satisfies a search. */
export function isHit(query: SearchQuery, stored: readonly unknown[]): boolean {
  return satisfies(query, searchableText(stored));
}
