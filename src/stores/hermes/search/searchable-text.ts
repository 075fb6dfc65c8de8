import type { SearchQuery } from '../../../sessions/search/search-query.js';
import { satisfies } from '../../../sessions/search/text-matcher.js';
import { readableText } from '../../../sessions/transcript/message-content.js';
import type { SqlValue } from '../file/sqlite-reader.js';
import { textOf } from '../file/values.js';

/** What is stored of what is searched in a message. */
export type StoredTexts = readonly (SqlValue | undefined)[];

/** What is searched in a message: its content and its tool's name and calls, as Hermes's own index holds them. */
export function searchableText(stored: StoredTexts): string {
  return stored
    .map((value) => readableText(textOf(value) ?? ''))
    .filter((text) => text !== '')
    .join(' ');
}

/** Whether what is stored of a message satisfies a search. */
export function isHit(query: SearchQuery, stored: StoredTexts): boolean {
  return satisfies(query, searchableText(stored));
}
