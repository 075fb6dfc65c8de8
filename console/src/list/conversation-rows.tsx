import type { SessionResponse } from '@hermes-sessions/client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { CLOSED, openConversation, show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { ConversationRow, ROW_HEIGHT } from './conversation-row.js';
import type { Selection } from './selection.js';
import type { Conversations } from './use-conversations.js';
import { useListKeys } from './use-list-keys.js';

/** Rows that are kept ready above and below what is seen. */
const OVERSCAN = 12;

/** The rows that can be seen of a list of any length; keys move in it, open and choose. */
export function ConversationRows({
  list,
  view,
  selection,
  canChoose,
  isOutdated,
  onStop,
}: {
  readonly list: Conversations;
  readonly view: View;
  readonly selection: Selection;
  readonly canChoose: boolean;
  /** Whether the rows are those of another list: they are shown still, and lead nowhere. */
  readonly isOutdated: boolean;
  /** Ends what brings the rows of this list. */
  readonly onStop: () => void;
}): React.JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const height = list.at(0)?.match === undefined ? ROW_HEIGHT.plain : ROW_HEIGHT.match;
  const virtualizer = useVirtualizer({
    count: list.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    onChange: ({ range }) => {
      if (range !== null) list.look(range.startIndex, range.endIndex);
    },
  });
  useEffect(() => {
    virtualizer.measure();
  }, [virtualizer, height]);
  const [active, setActive] = useState(0);
  // Another list is looked at from its beginning.
  const [shown, setShown] = useState(list.name);
  if (shown !== list.name) {
    setShown(list.name);
    setActive(0);
  }
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [list.name]);

  const act = (index: number, isChoice: boolean): void => {
    const session = list.at(index);
    if (session === undefined || isOutdated) return;
    if (!isChoice) openConversation(session, session.match?.message_id ?? undefined);
    else if (canChoose) selection.toggle(session);
  };
  useListKeys(active, list.count, {
    move: (index) => {
      if (isOutdated) return;
      setActive(index);
      virtualizer.scrollToIndex(index);
    },
    open: () => {
      act(active, false);
    },
    close: () => {
      if (isOutdated) onStop();
      else show(CLOSED);
    },
    select: () => {
      act(active, true);
    },
  });

  return (
    <div
      ref={scroller}
      className="rows"
      data-outdated={isOutdated}
      aria-disabled={isOutdated}
      role="listbox"
      aria-label="Conversations"
      aria-multiselectable={canChoose}
      aria-busy={isOutdated || list.first.isFetching}
      aria-activedescendant={list.count === 0 ? undefined : `row-${active}`}
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
                act(index, isChoice || selection.isUnderWay);
              }}
            />
          );
        })}
      </div>
    </div>
  );
}

function isOpen({ id, profile, origin }: SessionResponse, view: View): boolean {
  const isThere = view.sessionProfile === '' || profile === view.sessionProfile;
  return id === view.session && isThere && (origin ?? '') === view.sessionOrigin;
}
