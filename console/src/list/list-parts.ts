import type {
  HermesSessions,
  ListQuery,
  SessionListResponse,
  SessionResponse,
} from '@hermes-sessions/client';
import type { PageSource } from '../api/pages.js';

/** Conversations per request. */
const PAGE = 50;

/** The list queries whose results together form the list of a view. */
export interface ListParts {
  /** The pinned conversations on top; undefined for a search, or if only pinned ones are listed. */
  readonly pinned: ListQuery | undefined;
  readonly others: ListQuery;
}

/** Pinned conversations come first, except in search results. */
export function partsOf(query: ListQuery): ListParts {
  if (query.search !== undefined || query.pinned !== undefined) return { pinned: undefined, others: query };
  return { pinned: { ...query, pinned: true }, others: { ...query, pinned: false } };
}

/** The source of conversations with a matching title, whose page is shown before the complete search result arrives. */
export function titlesOf(history: HermesSessions, query: ListQuery): PageSource<SessionListResponse> {
  return {
    // With this name events of single sessions do not refetch it: the entries shown first keep their places.
    key: ['titles', query],
    size: PAGE,
    load: (offset, signal) =>
      history.list({ ...query, search_in: 'titles', limit: PAGE, offset }, { signal }),
  };
}

/** Reorders the first page of a search result, so that title matches stay in the order in which they were already shown. */
export function withTitlesFirst(
  titled: readonly SessionResponse[],
): (page: SessionListResponse) => SessionListResponse {
  return (page) => {
    const places = new Map(titled.map((session, place) => [keyOf(session), place]));
    const first = page.data.slice(0, titled.length);
    // Something was renamed or deleted meanwhile.
    if (!first.every((session) => places.has(keyOf(session)))) return page;
    const placeOf = (session: SessionResponse): number => places.get(keyOf(session)) ?? 0;
    const ordered = first.toSorted((one, other) => placeOf(one) - placeOf(other));
    return { ...page, data: [...ordered, ...page.data.slice(titled.length)] };
  };
}

function keyOf({ id, profile, origin }: SessionResponse): string {
  return JSON.stringify([id, profile, origin]);
}

/** The source of the pages of a list. */
export function sourceOf(history: HermesSessions, query: ListQuery): PageSource<SessionListResponse> {
  return {
    key: ['list', query],
    size: PAGE,
    load: (offset, signal) => history.list({ ...query, limit: PAGE, offset }, { signal }),
  };
}
