import type { SessionListResponse, SessionResponse } from '@hermes-sessions/client';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { usePagedList, type PagedList } from '../api/pages.js';
import type { View } from '../view/view.js';
import { toQuery } from './list-query.js';

/** Conversations of one request. */
const PAGE = 50;

/** Rows that can be scrolled through: browsers allow no element more than some 17 million pixels of height. */
const MOST_ROWS = 150_000;

/** The conversations of a view, of which what is looked at is loaded. */
export interface Conversations extends PagedList<SessionResponse, SessionListResponse> {
  /** Tells one list from another. */
  readonly name: string;
  /** Whether what is listed is still what was listed before: the answer is on its way. */
  readonly isOutdated: boolean;
  /** How many of them can be scrolled through. */
  readonly count: number;
  /** Is told the places of the first and the last that is looked at. */
  readonly look: (first: number, last: number) => void;
}

/** The conversations that a view lists. */
export function useConversations(view: View): Conversations {
  const history = useHistory();
  const query = toQuery(view);
  const [places, setPlaces] = useState({ first: 0, last: 0 });
  const list = usePagedList<SessionResponse, SessionListResponse>(
    ['list', query],
    PAGE,
    places,
    (offset, signal) => history.list({ ...query, limit: PAGE, offset }, { signal }),
  );
  return {
    ...list,
    isOutdated: list.first.isPlaceholderData,
    name: JSON.stringify(query),
    count: Math.min(list.total, MOST_ROWS),
    look: (first, last) => {
      setPlaces({ first, last });
    },
  };
}
