import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { focusConversation, focusList } from '../keyboard.js';
import { texts } from '../language/language.js';
import { addressOfConversation, CLOSED, isOpenIn, openConversation, show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { ConversationRow, ROW_HEIGHT, type Click } from './conversation-row.js';
import { useUnread } from './looks.js';
import type { Selection } from './selection.js';
import { groupOf } from './time-groups.js';
import { useActive } from './use-active.js';
import type { Conversations } from './use-conversations.js';
import { useListKeys } from './use-list-keys.js';

/** Rows rendered in advance above and below the visible ones. */
const OVERSCAN = 12;

/** The visible rows of a list of any length, with keyboard navigation. */
export function ConversationRows({
  list,
  view,
  selection,
  canChoose,
  isOutdated,
  onStop,
  onChooseAll,
}: {
  readonly list: Conversations;
  readonly view: View;
  readonly selection: Selection;
  readonly canChoose: boolean;
  /** Whether the rows belong to the previous list: they are still shown, but not clickable. */
  readonly isOutdated: boolean;
  /** Cancels the loading of this list. */
  readonly onStop: () => void;
  readonly onChooseAll: () => void;
}): React.JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const isUnread = useUnread();
  const now = new Date();
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
  }, [virtualizer, height, list.name]);
  const [active, setActive] = useActive(list);
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [list.name]);

  const choose = async (index: number, click: Click): Promise<void> => {
    const session = list.at(index);
    if (session === undefined || !canChoose) return;
    if (click === 'range') {
      const [from, to] = active < index ? [active, index] : [index, active];
      selection.add(await list.read(from, to));
    } else selection.toggle(session);
  };
  const act = (index: number, click: Click): void => {
    const session = list.at(index);
    if (session === undefined || isOutdated) return;
    if (click === 'open') openConversation(session, session.match?.message_id ?? undefined);
    else void choose(index, click);
    setActive(index);
  };
  useListKeys(active, list.count, {
    move: (index) => {
      if (isOutdated) return;
      setActive(index);
      virtualizer.scrollToIndex(index);
    },
    open: () => {
      act(active, 'open');
      if (!isOutdated) focusConversation();
    },
    close: () => {
      if (isOutdated) onStop();
      else if (selection.isUnderWay) selection.clear();
      else {
        show(CLOSED);
        focusList();
      }
    },
    select: () => {
      act(active, 'choose');
    },
    selectAll: onChooseAll,
  });
  const groupAt = (index: number): string | undefined => {
    const session = list.at(index);
    return session === undefined ? undefined : groupOf(session, view, index < list.pinned, now);
  };

  return (
    <div
      ref={scroller}
      className="rows"
      data-outdated={isOutdated}
      data-choosing={selection.isUnderWay}
      aria-disabled={isOutdated}
      role="listbox"
      aria-label={texts().list.name}
      aria-multiselectable={canChoose}
      aria-busy={isOutdated || list.isLoading}
      aria-activedescendant={list.count === 0 ? undefined : `row-${active}`}
      tabIndex={0}
    >
      <div className="rows-inside" role="presentation" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const session = list.at(index);
          const group = groupAt(index);
          const message = session?.match?.message_id ?? undefined;
          return (
            <div
              key={index}
              ref={virtualizer.measureElement}
              data-index={index}
              role="presentation"
              className="row-place"
              style={{ transform: `translateY(${start}px)` }}
            >
              {group !== undefined && (index === 0 || groupAt(index - 1) !== group) ? (
                <div className="row-group" aria-hidden="true">
                  {group}
                </div>
              ) : null}
              <ConversationRow
                index={index}
                total={list.total}
                height={height}
                address={session === undefined ? undefined : addressOfConversation(session, message)}
                session={session}
                isActive={index === active}
                isOpen={session !== undefined && isOpenIn(view, session)}
                isUnread={session !== undefined && !isOpenIn(view, session) && isUnread(session)}
                isSelected={session !== undefined && selection.has(session)}
                canChoose={canChoose}
                onClick={(click) => {
                  scroller.current?.focus({ preventScroll: true });
                  act(index, click === 'open' && selection.isUnderWay ? 'choose' : click);
                }}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}
