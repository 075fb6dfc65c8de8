import type { ListQuery, SessionListResponse, SessionResponse } from '@hermes-sessions/client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { SelectionBar } from '../actions/selection-bar.js';
import { useHistory } from '../api/connection.js';
import { usePagedList } from '../api/pages.js';
import { usePermissions } from '../api/permissions.js';
import { Problem } from '../problem.js';
import type { View } from '../view/view.js';
import { CLOSED, show } from '../view/use-view.js';
import { ConversationRow, ROW_HEIGHT } from './conversation-row.js';
import { Filters } from './filters.js';
import { Nothing } from './nothing.js';
import { SearchField } from './search-field.js';
import { useSelection } from './selection.js';
import { Summary } from './summary.js';
import { useListKeys } from './use-list-keys.js';

/** Conversations of one request. */
const PAGE = 50;

/** Rows that are kept ready above and below what is seen. */
const OVERSCAN = 12;

/** Rows that can be scrolled through: browsers allow no element more than some 17 million pixels of height. */
const MOST_ROWS = 150_000;

/** What a list of a view is asked for with. */
function toQuery(view: View): ListQuery {
  return {
    archived: view.archived,
    include_children: view.children,
    ...(view.search === '' ? {} : { search: view.search }),
    ...(view.platform === '' ? {} : { platform: [view.platform] }),
    ...(view.profile === '' ? {} : { profile: [view.profile] }),
    ...(view.user === '' ? {} : { user_id: view.user }),
    ...(view.since === '' ? {} : { since: view.since }),
    ...(view.until === '' ? {} : { until: view.until }),
  };
}

/** The conversations, with a search and filters above them. */
export function HistoryPane({
  view,
  onSignOut,
}: {
  readonly view: View;
  readonly onSignOut: () => void;
}): React.JSX.Element {
  return (
    <section className="history" aria-label="Conversations">
      <SearchField view={view} />
      <Filters view={view} />
      <ConversationList view={view} onSignOut={onSignOut} />
    </section>
  );
}

function ConversationList({
  view,
  onSignOut,
}: {
  readonly view: View;
  readonly onSignOut: () => void;
}): React.JSX.Element {
  const query = toQuery(view);
  const name = JSON.stringify(query);
  const history = useHistory();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const [places, setPlaces] = useState({ first: 0, last: 0 });
  const selection = useSelection();
  const { canArchive, canPin, canDelete } = usePermissions();
  const height = view.search === '' ? ROW_HEIGHT.plain : ROW_HEIGHT.match;
  const list = usePagedList<SessionResponse, SessionListResponse>(
    ['list', query],
    PAGE,
    places,
    (offset, signal) => history.list({ ...query, limit: PAGE, offset }, { signal }),
  );
  const { first } = list;
  const count = Math.min(list.total, MOST_ROWS);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    onChange: ({ range }) => {
      if (range !== null) setPlaces({ first: range.startIndex, last: range.endIndex });
    },
  });
  // Another list is looked at from its beginning, and nothing of it is chosen.
  const [shown, setShown] = useState(name);
  if (shown !== name) {
    setShown(name);
    setActive(0);
    selection.clear();
  }
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [name]);
  useEffect(() => {
    virtualizer.measure();
  }, [virtualizer, height]);
  const canChange = canArchive || canPin || canDelete;
  const choose = (session: SessionResponse): void => {
    if (canChange) selection.toggle(session);
  };
  useListKeys(active, count, {
    move: (index) => {
      setActive(index);
      virtualizer.scrollToIndex(index);
    },
    open: () => {
      const session = list.at(active);
      if (session !== undefined) openConversation(session);
    },
    close: () => {
      show(CLOSED);
    },
    select: () => {
      const session = list.at(active);
      if (session !== undefined) choose(session);
    },
  });
  const isBusy = selection.isChoosing || selection.chosen.size > 0;
  return (
    <>
      <Summary list={first.data} view={view} isLoading={first.isLoading} listed={count}>
        {canChange && !isBusy && count > 0 ? (
          <button type="button" className="link" onClick={selection.begin}>
            Select
          </button>
        ) : null}
      </Summary>
      {isBusy ? <SelectionBar chosen={selection.chosen} onDone={selection.clear} /> : null}
      {list.error === null ? null : <Problem error={list.error} onRetry={() => void first.refetch()} />}
      {isSignedOut(list.error) ? (
        <button type="button" onClick={onSignOut}>
          Sign in again
        </button>
      ) : null}
      <div
        ref={scroller}
        className="rows"
        role="listbox"
        aria-label="Conversations"
        aria-multiselectable={canChange}
        aria-busy={first.isFetching}
        aria-activedescendant={count === 0 ? undefined : `row-${active}`}
        tabIndex={0}
      >
        <div className="rows-inside" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start, size }) => {
            const session = list.at(index);
            return (
              <ConversationRow
                key={index}
                index={index}
                total={list.total}
                place={{ top: start, height: size }}
                session={session}
                isActive={index === active}
                isOpen={session !== undefined && isOpen(session, view)}
                isSelected={session !== undefined && selection.has(session)}
                onClick={(isChoice) => {
                  setActive(index);
                  if (session === undefined) return;
                  if (isChoice || isBusy) choose(session);
                  else openConversation(session);
                }}
              />
            );
          })}
        </div>
      </div>
      {first.isSuccess && list.total === 0 ? <Nothing view={view} /> : null}
    </>
  );
}

function openConversation({ id, profile, origin, match }: SessionResponse): void {
  show({
    session: id,
    sessionProfile: profile,
    sessionOrigin: origin ?? '',
    message: match?.message_id ?? undefined,
  });
}

function isOpen({ id, profile, origin }: SessionResponse, view: View): boolean {
  const isThere = view.sessionProfile === '' || profile === view.sessionProfile;
  return id === view.session && isThere && (origin ?? '') === view.sessionOrigin;
}

function isSignedOut(error: Error | null): boolean {
  return error !== null && 'status' in error && error.status === 401;
}
