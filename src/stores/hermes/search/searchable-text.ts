import type { SearchQuery } from '../../../sessions/search/search-query.js';
import { satisfies } from '../../../sessions/search/text-matcher.js';
import { readableText } from '../../../sessions/transcript/message-content.js';
import type { SqlValue } from '../file/sqlite-reader.js';
import { textOf } from '../file/values.js';

/** The stored values of a message's searched columns. */
export type StoredTexts = readonly (SqlValue | undefined)[];

/** The searched text of a message: its content, and its tool's name and calls, as in Hermes's own index. */
export function searchableText(stored: StoredTexts): string {
  return stored
    .map((value) => readableText(textOf(value) ?? ''))
    .filter((text) => text !== '')
    .join(' ');
}

/** Whether the stored values of a message satisfy a search. */
export function isHit(query: SearchQuery, stored: StoredTexts): boolean {
  return satisfies(query, searchableText(stored));
}
