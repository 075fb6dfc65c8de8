import type { MessageListResponse, MessageResponse, SessionAddress } from '@hermes-sessions/client';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { useHistory } from '../api/connection.js';
import { usePagedList } from '../api/pages.js';
import { Boundary } from '../boundary.js';
import { Problem } from '../problem.js';
import { Message, UnreadableMessage } from './message.js';
import { placeOf } from './message-place.js';

/** Messages of one request. */
const PAGE = 50;

/** Pixels that a message is taken to be high until it has been seen. */
const LIKELY_HEIGHT = 120;

/** Pixels from the end in which somebody reads the end. */
const NEAR_END = 80;

/** A transcript with everything that was compressed away before; only what is looked at is loaded. */
export function MessageList({
  id,
  address,
  message,
}: {
  readonly id: string;
  readonly address: SessionAddress;
  /** What it is opened at; the end where there is none. */
  readonly message: number | undefined;
}): React.JSX.Element {
  const history = useHistory();
  const scroller = useRef<HTMLDivElement>(null);
  const [places, setPlaces] = useState({ first: 0, last: 0 });
  const list = usePagedList<MessageResponse, MessageListResponse>(
    ['messages', id, address],
    PAGE,
    places,
    (offset, signal) => history.messages(id, { ...address, lineage: true, limit: PAGE, offset }, { signal }),
  );
  const sought = useQuery({
    queryKey: ['place', id, address, message],
    queryFn: () => (message === undefined ? null : placeOf(history, id, address, message)),
  });
  const virtualizer = useVirtualizer({
    count: list.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => LIKELY_HEIGHT,
    overscan: 4,
    onChange: ({ range }) => {
      // Whether a chain has its seam above a message is known by the message before it.
      if (range !== null) setPlaces({ first: Math.max(0, range.startIndex - 1), last: range.endIndex });
    },
  });
  // Opened once, at the message that was searched for or at the end; from then on the reader decides.
  const isOpened = useRef<number | 'end' | undefined>(undefined);
  const target = message === undefined ? 'end' : message;
  useEffect(() => {
    if (list.total === 0 || sought.data === undefined || isOpened.current === target) return;
    isOpened.current = target;
    if (sought.data === null) virtualizer.scrollToIndex(list.total - 1, { align: 'end' });
    else virtualizer.scrollToIndex(sought.data, { align: 'center' });
  }, [list.total, sought.data, target, virtualizer]);

  // Whoever reads the end goes on reading what comes.
  const isAtEnd = useRef(message === undefined);
  useEffect(() => {
    if (isAtEnd.current && list.total > 0) virtualizer.scrollToIndex(list.total - 1, { align: 'end' });
  }, [list.total, virtualizer]);

  return (
    <div
      ref={scroller}
      className="messages"
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
      }}
      tabIndex={0}
      role="log"
      aria-label="Messages"
      aria-busy={list.first.isFetching}
      aria-live="off"
    >
      {list.error === null ? null : <Problem error={list.error} onRetry={() => void list.first.refetch()} />}
      {list.first.isSuccess && list.total === 0 ? <p className="hint">No message yet.</p> : null}
      <div className="messages-inside" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => {
          const item = list.at(index);
          const before = index === 0 ? undefined : list.at(index - 1);
          return (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className="message-place"
              style={{ transform: `translateY(${start}px)` }}
            >
              {item === undefined ? (
                <div className="message message-loading" aria-hidden="true" />
              ) : (
                <>
                  {before !== undefined && before.session_id !== item.session_id ? (
                    <p className="seam" role="separator">
                      compressed here: Hermes went on with a summary
                    </p>
                  ) : null}
                  <Boundary fallback={<UnreadableMessage message={item} />}>
                    <Message message={item} isSought={item.id === message} />
                  </Boundary>
                </>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
