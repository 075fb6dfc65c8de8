import type { ListQuery, SessionListResponse, SessionResponse } from '@hermes-sessions/client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { SelectionBar } from '../actions/selection-bar.js';
import { useHistory } from '../api/connection.js';
import { usePagedList } from '../api/pages.js';
import { isTyping } from '../keyboard.js';
import { Problem } from '../problem.js';
import type { View } from '../view/view.js';
import { show } from '../view/use-view.js';
import { counted } from '../words.js';
import { ConversationRow, ROW_HEIGHT } from './conversation-row.js';
import { Filters } from './filters.js';
import { SearchField } from './search-field.js';

/** Conversations of one request. */
const PAGE = 50;

/** Rows that are kept ready above and below what is seen. */
const OVERSCAN = 12;

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
  const history = useHistory();
  const query = useMemo(() => toQuery(view), [view]);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const [selected, setSelected] = useState<ReadonlyMap<string, SessionResponse>>(new Map());
  const [places, setPlaces] = useState({ first: 0, last: 0 });
  const height = view.search === '' ? ROW_HEIGHT.plain : ROW_HEIGHT.match;
  const list = usePagedList<SessionResponse, SessionListResponse>(
    ['list', query],
    PAGE,
    places,
    (offset, signal) => history.list({ ...query, limit: PAGE, offset }, { signal }),
  );
  const virtualizer = useVirtualizer({
    count: list.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    onChange: ({ range }) => {
      if (range !== null) setPlaces({ first: range.startIndex, last: range.endIndex });
    },
  });
  useEffect(() => {
    virtualizer.measure();
  }, [virtualizer, height]);
  // Another list is looked at from its beginning, and nothing of it is selected.
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    setActive(0);
    setSelected(new Map());
  }, [query]);

  const toggle = (session: SessionResponse): void => {
    setSelected((before) => {
      const after = new Map(before);
      if (!after.delete(session.id)) after.set(session.id, session);
      return after;
    });
  };
  useListKeys(active, list.total, {
    move: (index) => {
      setActive(index);
      virtualizer.scrollToIndex(index);
    },
    open: () => {
      const session = list.at(active);
      if (session !== undefined) openConversation(session);
    },
    select: () => {
      const session = list.at(active);
      if (session !== undefined) toggle(session);
    },
  });

  const { first } = list;
  return (
    <section className="history" aria-label="Conversations">
      <SearchField view={view} />
      <Filters view={view} />
      <Summary list={first.data} view={view} isLoading={first.isLoading} />
      <SelectionBar
        selected={selected}
        onDone={() => {
          setSelected(new Map());
        }}
      />
      {list.error === null ? null : <Problem error={list.error} onRetry={() => void first.refetch()} />}
      <div
        ref={scroller}
        className="rows"
        role="listbox"
        aria-label="Conversations"
        aria-busy={first.isFetching}
        aria-activedescendant={list.total === 0 ? undefined : `row-${active}`}
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
                isOpen={session !== undefined && session.id === view.session}
                isSelected={session !== undefined && selected.has(session.id)}
                onOpen={() => {
                  setActive(index);
                  if (session !== undefined) openConversation(session);
                }}
                onToggle={() => {
                  if (session !== undefined) toggle(session);
                }}
              />
            );
          })}
        </div>
      </div>
      {first.isSuccess && list.total === 0 ? <Nothing view={view} /> : null}
      {isSignedOut(list.error) ? (
        <button type="button" onClick={onSignOut}>
          Sign in again
        </button>
      ) : null}
    </section>
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

function isSignedOut(error: Error | null): boolean {
  return error !== null && 'status' in error && error.status === 401;
}

/** How many there are, and what the rules left out. */
function Summary({
  list,
  view,
  isLoading,
}: {
  readonly list: SessionListResponse | undefined;
  readonly view: View;
  readonly isLoading: boolean;
}): React.JSX.Element {
  if (list === undefined) return <p className="summary">{isLoading ? 'Loading…' : ''}</p>;
  const { archived, children } = list.hidden;
  return (
    <p className="summary" aria-live="polite">
      <span>{counted(list.total, view.children ? 'session' : 'conversation')}</span>
      {archived > 0 ? (
        <button
          type="button"
          className="link"
          onClick={() => {
            show({ archived: 'any' }, 'replace');
          }}
        >
          {archived.toLocaleString()} {view.archived === 'true' ? 'not archived' : 'archived'}: show
        </button>
      ) : null}
      {children > 0 ? (
        <button
          type="button"
          className="link"
          onClick={() => {
            show({ children: true }, 'replace');
          }}
        >
          {counted(children, 'part')} of conversations: show
        </button>
      ) : null}
      {list.search_incomplete === true ? <span>The index is being built: some may be missing.</span> : null}
    </p>
  );
}

function Nothing({ view }: { readonly view: View }): React.JSX.Element {
  const isFiltered =
    view.search !== '' ||
    [view.platform, view.profile, view.user, view.since, view.until].some((filter) => filter !== '') ||
    view.archived === 'true';
  return (
    <div className="hint">
      <p>{isFiltered ? 'Nothing matches.' : 'There is no conversation yet.'}</p>
      {isFiltered ? (
        <button
          type="button"
          onClick={() => {
            show({
              ...{ search: '', platform: '', profile: '', user: '', since: '', until: '' },
              archived: 'false',
            });
          }}
        >
          Clear search and filters
        </button>
      ) : (
        <p>Talk to Hermes: it appears here by itself.</p>
      )}
    </div>
  );
}

/** Moves, opens and selects by keys wherever nobody types. */
function useListKeys(
  active: number,
  total: number,
  actions: {
    readonly move: (index: number) => void;
    readonly open: () => void;
    readonly select: () => void;
  },
): void {
  const current = useRef({ active, total, actions });
  current.current = { active, total, actions };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event)) return;
      const { active: from, total: count, actions: act } = current.current;
      const steps: Readonly<Record<string, number>> = {
        ...{ ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10 },
        ...{ Home: -from, End: count - 1 - from },
      };
      const step = steps[event.key];
      const isOnButton = event.target instanceof HTMLElement && event.target.matches('button, a, summary');
      if (step !== undefined && count > 0) act.move(Math.min(count - 1, Math.max(0, from + step)));
      else if (event.key === 'Enter' && !isOnButton) act.open();
      else if (event.key === 'x') act.select();
      else if (event.key === 'Escape')
        show({ session: '', sessionProfile: '', sessionOrigin: '', message: undefined });
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, []);
}
