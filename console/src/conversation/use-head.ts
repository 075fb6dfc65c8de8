import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** Pixels from the beginning from which on the head makes room; more than it loses, so that it does not come back at once. */
const FAR = 260;

/** Pixels from the beginning up to which all of it is shown. */
const NEAR = 4;

/** Windows in which all of the head would leave too little of the transcript. */
const LOW = '(height < 500px)';

/** The head of a conversation, which makes room for what is read. */
export interface Head {
  readonly isCompact: boolean;
  /** Is told how far somebody scrolled the transcript. */
  readonly onScroll: (top: number) => void;
  readonly toggle: () => void;
}

/**
 * Shrinks the head once somebody scrolls, and in low windows; all of it is shown at the beginning of others, and where that is asked for.
 * @param place the head. @param scroller what is below it.
 */
export function useHead(place: RefObject<HTMLElement | null>, scroller: RefObject<HTMLElement | null>): Head {
  const [isCompact, setCompact] = useState(isLow);
  const isAskedFor = useRef(false);
  const height = useRef(0);
  // What is read stays where it is on the screen.
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
