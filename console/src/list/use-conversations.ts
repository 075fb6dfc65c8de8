import type { ListQuery, SessionListResponse, SessionResponse } from '@hermes-sessions/client';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { usePagedList, type PagedList } from '../api/pages.js';
import type { View } from '../view/view.js';
import { partsOf, sourceOf, titlesOf, withTitlesFirst } from './list-parts.js';
import { toQuery } from './list-query.js';

/** Maximum number of scrollable rows: browsers limit an element's height to some 17 million pixels. */
const MOST_ROWS = 150_000;

const NO_PLACES = { first: 0, last: 0 };

type Paged = PagedList<SessionResponse, SessionListResponse>;

/** The conversations of a view, of which only the displayed ones are loaded. */
export interface Conversations extends Pick<Paged, 'total' | 'at' | 'placeOf' | 'read' | 'error'> {
  /** Identifies the list. */
  readonly name: string;
  /** The list query. */
  readonly query: ListQuery;
  /** The properties of the whole list; undefined before the first answer. */
  readonly whole: SessionListResponse | undefined;
  /** Number of pinned conversations at the top. */
  readonly pinned: number;
  readonly isLoading: boolean;
  /** Whether the previous list is still shown while the new one is loading. */
  readonly isOutdated: boolean;
  /** Whether only title matches are listed while the complete search is running. */
  readonly isOfTitles: boolean;
  /** Number of rows that can be scrolled to. */
  readonly count: number;
  /** Called with the indexes of the first and last displayed row. */
  readonly look: (first: number, last: number) => void;
  readonly retry: () => void;
}

/** The conversations of a view: pinned ones first, except in search results. */
export function useConversations(view: View): Conversations {
  const query = toQuery(view);
  const history = useHistory();
  const parts = partsOf(query);
  const isSplit = parts.pinned !== undefined;
  const [places, setPlaces] = useState({ first: 0, last: 0 });
  const top = useList(parts.pinned ?? query, places, isSplit);
  const pinned = isSplit ? top.total : 0;
  const below = { first: Math.max(0, places.first - pinned), last: Math.max(0, places.last - pinned) };
  // Sorted by time, title matches would be spread among the others.
  const areTitlesFirst = query.search !== undefined && query.sort === undefined;
  const titles = usePagedList<SessionResponse, SessionListResponse>(
    titlesOf(history, query),
    NO_PLACES,
    areTitlesFirst,
  );
  const titled = areTitlesFirst && !titles.first.isPlaceholderData ? allOn(titles.first.data) : undefined;
  const all = useList(parts.others, below, true, titled);
  const isOfTitles = titled !== undefined && (all.first.isPlaceholderData || all.first.isLoading);
  const rest = isOfTitles ? titles : all;
  const lists = isSplit ? [top, rest] : [rest];
  const total = pinned + rest.total;
  const placeInRest = (isMeant: (session: SessionResponse) => boolean): number | undefined => {
    const place = rest.placeOf(isMeant);
    return place === undefined ? undefined : place + pinned;
  };
  return {
    name: JSON.stringify(query),
    query,
    whole: isOfTitles ? undefined : wholeOf(lists),
    total,
    pinned,
    count: Math.min(total, MOST_ROWS),
    at: (index) => (index < pinned ? top.at(index) : rest.at(index - pinned)),
    placeOf: (isMeant) => (isSplit ? top.placeOf(isMeant) : undefined) ?? placeInRest(isMeant),
    read: async (from, to) => [
      ...(from < pinned ? await top.read(from, Math.min(to, pinned - 1)) : []),
      ...(to < pinned ? [] : await rest.read(Math.max(0, from - pinned), to - pinned)),
    ],
    error: lists.find(({ error }) => error !== null)?.error ?? null,
    isLoading: isOfTitles || lists.some(({ first }) => first.isLoading),
    isOfTitles,
    isOutdated: lists.some(({ first }) => first.isPlaceholderData),
    look: (first, last) => {
      setPlaces({ first, last });
    },
    retry: () => {
      for (const { first } of lists) void first.refetch();
    },
  };
}

function useList(
  query: ListQuery,
  places: { readonly first: number; readonly last: number },
  isWanted = true,
  titled?: readonly SessionResponse[],
): Paged {
  const history = useHistory();
  const source = sourceOf(history, query);
  return usePagedList<SessionResponse, SessionListResponse>(
    titled === undefined ? source : { ...source, arrange: withTitlesFirst(titled) },
    places,
    isWanted,
  );
}

/** All entries of a list that fits on one page; undefined if it has more, or is empty. */
function allOn(page: SessionListResponse | undefined): readonly SessionResponse[] | undefined {
  return page === undefined || page.has_more || page.total === 0 ? undefined : page.data;
}

/** The properties of several lists combined. */
function wholeOf(lists: readonly Paged[]): SessionListResponse | undefined {
  const answers = lists.map(({ first }) => first.data);
  const last = answers.at(-1);
  if (last === undefined) return undefined;
  const sum = (of: (answer: SessionListResponse) => number): number =>
    answers.reduce((all, answer) => all + (answer === undefined ? 0 : of(answer)), 0);
  return {
    ...last,
    total: sum(({ total }) => total),
    hidden: {
      archived: sum(({ hidden }) => hidden.archived),
      children: sum(({ hidden }) => hidden.children),
    },
  };
}
