import type { HermesSessions, ListQuery, SessionListResponse } from '@hermes-sessions/client';
import type { PageSource } from '../api/pages.js';

/** Conversations of one request. */
const PAGE = 50;

/** The lists that together are the one of a view. */
export interface ListParts {
  /** What stands first because it is pinned; undefined where the order is another one, or nothing else is listed. */
  readonly pinned: ListQuery | undefined;
  readonly others: ListQuery;
}

/** What is pinned stands before all others, but for what a search found. */
export function partsOf(query: ListQuery): ListParts {
  if (query.search !== undefined || query.pinned !== undefined) return { pinned: undefined, others: query };
  return { pinned: { ...query, pinned: true }, others: { ...query, pinned: false } };
}

/** Where the pages of a list come from. */
export function sourceOf(history: HermesSessions, query: ListQuery): PageSource<SessionListResponse> {
  return {
    key: ['list', query],
    size: PAGE,
    load: (offset, signal) => history.list({ ...query, limit: PAGE, offset }, { signal }),
  };
}
