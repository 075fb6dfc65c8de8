import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { startTransition, useEffect, useEffectEvent, useMemo, useRef, useState, type RefObject } from 'react';
import { Boundary } from '../boundary.js';
import { Problem } from '../problem.js';
import { HitTicks } from './find/hit-ticks.js';
import { useCentredHit } from './find/use-centred-hit.js';
import { useMarks } from './find/use-marks.js';
import { FoldsOfConversation, type Folds } from './folds.js';
import {
  hasTools,
  isSoughtIn,
  Message,
  runKeys,
  UnreadableMessage,
  type Showing,
  type Sought,
} from './message.js';
import type { Transcript } from './transcript-chunks.js';
import { rowsOf, type Row } from './transcript-rows.js';
import { useTranscript, type Places } from './use-transcript.js';
import { texts } from '../language/language.js';

/** Estimated height of a message before it is measured, in pixels. */
const LIKELY_HEIGHT = 120;

/** Distance from the end, in pixels, within which the reader counts as being at the end. */
const NEAR_END = 80;

/** Number of messages preloaded in each direction. */
const AHEAD = 50;

/** Distance beyond the visible area, in pixels, within which messages are rendered and measured in advance. */
const MEASURED = 600;

/** Number of messages around the visible ones that are used for grouping. */
const AROUND = 30;

/** The transcript with its whole compression chain. Only the displayed part is loaded. */
export function MessageList({
  scroller,
  transcript,
  message,
  words,
  hits,
  isSearched,
  areToolsShown,
  linkOf,
  onScroll,
}: {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly transcript: Transcript;
  /** The message to open at; the end if undefined. */
  readonly message: number | undefined;
  /** The words to highlight. */
  readonly words: readonly string[];
  /** Indexes of the hits. */
  readonly hits: readonly number[];
  /** Whether it is opened at a hit that is or will be highlighted. */
  readonly isSearched: boolean;
  readonly areToolsShown: boolean;
  readonly linkOf: (message: number) => string;
  /** Called with the scroll position in pixels, once the user scrolls. */
  readonly onScroll: (top: number) => void;
}): React.JSX.Element {
  // The visible range is known only after opening.
  const [places, setPlaces] = useState<Places>();
  const isOpened = useRef<number | 'end' | undefined>(undefined);
  const list = useTranscript(transcript, message, places);
  const { total, opening } = list;
  // Messages are rendered after the initial scroll, in a transition: rendering them synchronously would block the page.
  const [isDrawn, setDrawn] = useState(false);
  const isMoved = useRef(false);
  const soughtId = message === undefined ? undefined : (opening?.at?.id ?? message);
  const sought = useSought(soughtId);
  const folds = useFoldsState();
  const virtualizer: Virtualizer<HTMLDivElement, Element> = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => LIKELY_HEIGHT,
    rangeExtractor: ({ startIndex, endIndex }) =>
      placesWithin(virtualizer.measurementsCache, startIndex, endIndex),
    onChange: ({ range }) => {
      if (range === null || isOpened.current === undefined) return;
      // Preload only after the user has scrolled; opening alone loads just what is visible.
      const ahead = isMoved.current ? AHEAD : 0;
      const [first, last] = [Math.max(0, range.startIndex - ahead), range.endIndex + ahead];
      setPlaces((before) => (before?.first === first && before.last === last ? before : { first, last }));
    },
  });

  // After the jump to the end, keep the position at the end until the user scrolls, however the height changes.
  const isHeldAtEnd = useRef(false);
  const scrolled = useRef({ top: 0, sizes: '' });
  const holdAtEnd = (): void => {
    isHeldAtEnd.current = true;
    virtualizer.scrollToIndex(total - 1, { align: 'end' });
  };
  const height = virtualizer.getTotalSize();
  useEffect(() => {
    if (isHeldAtEnd.current) virtualizer.scrollToIndex(total - 1, { align: 'end' });
  }, [height, total, virtualizer]);

  // Scrolls once to the target message or the end; afterwards the user is in control.
  const target = message ?? 'end';
  useEffect(() => {
    if (total === 0 || opening === undefined || isOpened.current === target) return;
    isOpened.current = target;
    isHeldAtEnd.current = opening.at === undefined;
    if (opening.at === undefined) virtualizer.scrollToIndex(total - 1, { align: 'end' });
    else virtualizer.scrollToIndex(opening.at.place, { align: 'center' });
    // The virtualizer reports the new position in the next frame.
    requestAnimationFrame(() => {
      startTransition(() => {
        setDrawn(true);
      });
    });
  }, [total, opening, target, virtualizer]);
  useCentredHit(scroller, soughtId, isSearched);
  useMarks(scroller, words);

  // A reader at the end follows new messages; other readers see the number of new ones.
  const isAtEnd = useRef(message === undefined);
  const [seen, setSeen] = useState<number>();
  if (seen === undefined && total > 0) setSeen(total);
  useEffect(() => {
    if (!isAtEnd.current || total === 0) return;
    virtualizer.scrollToIndex(total - 1, { align: 'end' });
    setSeen(total);
  }, [total, virtualizer]);
  const stay = useEffectEvent(() => {
    if (isOpened.current !== undefined && (isAtEnd.current || isHeldAtEnd.current)) holdAtEnd();
  });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    // A rotated phone or a resized window.
    const sizes = new ResizeObserver(stay);
    sizes.observe(element);
    return () => {
      sizes.disconnect();
    };
  }, [scroller]);
  const move = (): void => {
    isMoved.current = true;
    isHeldAtEnd.current = false;
  };
  const fresh = seen === undefined ? 0 : total - seen;

  // Many heights change at once, so all are measured again.
  useEffect(() => {
    virtualizer.measure();
  }, [areToolsShown, virtualizer]);

  const items = virtualizer.getVirtualItems();
  const rows = rowsOf(
    list.at,
    Math.max(0, (items[0]?.index ?? 0) - AROUND),
    Math.min(total - 1, (items.at(-1)?.index ?? 0) + AROUND),
  );
  const showing: Showing = { sought, hasTools: areToolsShown, linkOf };
  return (
    <FoldsOfConversation value={folds}>
      <div
        ref={scroller}
        className="messages"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          const { top, sizes } = scrolled.current;
          scrolled.current = { top: scrollTop, sizes: `${scrollHeight} ${clientHeight}` };
          // A smaller offset at the same height means that the user or the browser scrolled up.
          if (scrollTop < top && scrolled.current.sizes === sizes) isHeldAtEnd.current = false;
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
          if (isAtEnd.current) setSeen(total);
          if (isMoved.current) onScroll(scrollTop);
        }}
        onWheel={move}
        onTouchMove={move}
        onPointerDown={move}
        onKeyDown={({ key, target: focused, currentTarget }) => {
          move();
          if (key === 'End' && focused === currentTarget) holdAtEnd();
        }}
        tabIndex={0}
        role="log"
        aria-label={texts().reading.messages}
        aria-busy={list.isLoading}
        aria-live="off"
      >
        <HitTicks
          places={hits}
          here={message === undefined ? undefined : opening?.at?.place}
          shareOf={(place) =>
            (virtualizer.measurementsCache[place]?.start ?? 0) / Math.max(1, virtualizer.getTotalSize())
          }
        />
        {list.error === null ? null : <Problem error={list.error} onRetry={list.readAgain} />}
        {opening !== undefined && total === 0 ? <p className="hint">{texts().reading.noMessage}</p> : null}
        <div className="messages-inside" style={{ height }}>
          {items.map(({ index, key, start }) => (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className="message-place"
              style={{ transform: `translateY(${start}px)` }}
            >
              <Place row={isDrawn ? rows.get(index) : undefined} showing={showing} folds={folds} />
            </div>
          ))}
        </div>
      </div>
      {fresh > 0 ? (
        <button type="button" className="pill" onClick={holdAtEnd}>
          {texts().reading.newMessages(fresh)}
        </button>
      ) : null}
    </FoldsOfConversation>
  );
}

/** A message at its position; without height if it shows nothing. */
function Place({
  row,
  showing,
  folds,
}: {
  readonly row: Row | undefined;
  readonly showing: Showing;
  readonly folds: Folds;
}): React.JSX.Element | null {
  if (row === undefined)
    return (
      <div className="message-inside">
        <div className="message message-loading" aria-hidden="true" />
      </div>
    );
  const isSeen = isSeenOf(row, showing, folds);
  if (!isSeen && !row.isSeam) return null;
  return (
    <div className="message-inside">
      {row.isSeam ? (
        <p className="seam" role="separator">
          {texts().reading.seam}
        </p>
      ) : null}
      {isSeen ? (
        <Boundary fallback={<UnreadableMessage message={row.message} />}>
          <Message row={row} showing={showing} />
        </Boundary>
      ) : null}
    </div>
  );
}

function isSeenOf(row: Row, showing: Showing, folds: Folds): boolean {
  const { isTold, isWork, isFirst, run } = row;
  const { sought } = showing;
  if (isTold) return false;
  if (!isWork) return true;
  if (!hasTools(row, showing)) return false;
  return run === undefined || isFirst || folds.isOpen(runKeys(run), isSoughtIn(run, sought));
}

/** The indexes to render: the visible ones and enough on each side. This can be many, since messages that are shown elsewhere have no height. */
function placesWithin(
  measured: readonly { readonly start: number; readonly end: number }[],
  startIndex: number,
  endIndex: number,
): number[] {
  const top = (measured[startIndex]?.start ?? 0) - MEASURED;
  const bottom = (measured[endIndex]?.end ?? 0) + MEASURED;
  let [first, last] = [startIndex, endIndex];
  while (first > 0 && (measured[first]?.start ?? 0) > top) first--;
  while (last < measured.length - 1 && (measured[last]?.end ?? 0) < bottom) last++;
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** The current target message, and all earlier ones. */
function useSought(id: number | undefined): Sought {
  const [all, setAll] = useState<ReadonlySet<number>>(new Set());
  if (id !== undefined && !all.has(id)) setAll(new Set([...all, id]));
  return useMemo(() => ({ id, all }), [id, all]);
}

function useFoldsState(): Folds {
  const [touched, setTouched] = useState<ReadonlyMap<string, boolean>>(new Map());
  return useMemo(
    () => ({
      isOpen: (keys, isBefore) => {
        const key = keys.find((name) => touched.has(name));
        return key === undefined ? isBefore : touched.get(key) === true;
      },
      set: (keys, isOpen) => {
        setTouched((before) => new Map([...before, ...keys.map((key) => [key, isOpen] as const)]));
      },
    }),
    [touched],
  );
}
