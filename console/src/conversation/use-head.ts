import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** Scroll offset beyond which the header is compact, in pixels. It exceeds the height saved, so that the header does not flicker. */
const FAR = 260;

/** Scroll offset up to which the whole header is shown, in pixels. */
const NEAR = 4;

/** Windows too low for the whole header. */
const LOW = '(height < 500px)';

/** The header of a conversation, which shrinks during reading. */
export interface Head {
  readonly isCompact: boolean;
  /** Called with the scroll offset of the transcript. */
  readonly onScroll: (top: number) => void;
  readonly toggle: () => void;
}

/**
 * Makes the header compact after scrolling, and in low windows. The whole header is shown at the beginning of the transcript in other windows, and on
 * request.
 * @param place the header. @param scroller the area below it.
 */
export function useHead(place: RefObject<HTMLElement | null>, scroller: RefObject<HTMLElement | null>): Head {
  const [isCompact, setCompact] = useState(isLow);
  const isAskedFor = useRef(false);
  const height = useRef(0);
  // The visible text keeps its position on the screen.
  useLayoutEffect(() => {
    const next = place.current?.offsetHeight ?? 0;
    if (height.current > 0) scroller.current?.scrollBy(0, next - height.current);
    height.current = next;
  }, [isCompact, place, scroller]);
  return {
    isCompact,
    onScroll: (top) => {
      height.current = place.current?.offsetHeight ?? 0;
      if (top <= NEAR) {
        isAskedFor.current = false;
        setCompact(isLow());
      } else if (top > FAR && !isAskedFor.current) setCompact(true);
    },
    toggle: () => {
      height.current = place.current?.offsetHeight ?? 0;
      isAskedFor.current = isCompact;
      setCompact(!isCompact);
    },
  };
}

function isLow(): boolean {
  return matchMedia(LOW).matches;
}
