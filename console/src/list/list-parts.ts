import type {
  HermesSessions,
  ListQuery,
  SessionListResponse,
  SessionResponse,
} from '@hermes-sessions/client';
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

/** Where the conversations come from whose titles match, the page of them that is shown before all that is found is known. */
export function titlesOf(history: HermesSessions, query: ListQuery): PageSource<SessionListResponse> {
  return {
    // What was found first keeps its place: it is not asked for again.
    key: ['titles', query],
    size: PAGE,
    load: (offset, signal) =>
      history.list({ ...query, search_in: 'titles', limit: PAGE, offset }, { signal }),
  };
}

/** The first page of what was found, in which those whose titles match stand as they were shown before the others were known. */
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

/** Where the pages of a list come from. */
export function sourceOf(history: HermesSessions, query: ListQuery): PageSource<SessionListResponse> {
  return {
    key: ['list', query],
    size: PAGE,
    load: (offset, signal) => history.list({ ...query, limit: PAGE, offset }, { signal }),
  };
}
