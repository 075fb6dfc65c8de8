import { useEffect, type RefObject } from 'react';
import { HERE } from './use-marks.js';

/** Frames in a row without a change after which a place is taken to be the last one. */
const STEADY = 12;

/** Frames for which what is looked for is waited for. */
const MOST = 900;

/** Pixels that are not worth a movement. */
const NEAR = 4;

/** Pixels above what is higher than the window. */
const MARGIN = 20;

/** What somebody does who wants to be somewhere else. */
const MOVES = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;

/**
 * Brings what is looked for into the middle of the window, and keeps it there while what is around it is loaded, opened and measured;
 * until somebody moves.
 * @param isMarked whether something in it is marked, or will be: the mark then is what is waited for.
 */
export function useCentredHit(
  scroller: RefObject<HTMLElement | null>,
  message: number | undefined,
  isMarked: boolean,
): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null || message === undefined) return;
    let frame = 0;
    let steady = 0;
    let frames = 0;
    const look = (): void => {
      const sought = element.querySelector('.message[data-sought]');
      const mark = sought === null ? undefined : markIn(sought);
      const distance = sought === null ? undefined : distanceOf(element, mark ?? sought);
      const before = element.scrollTop;
      if (distance !== undefined && Math.abs(distance) > NEAR) element.scrollTop += distance;
      // Near an end of a transcript nothing is in the middle.
      const isThere = isMarked ? mark !== undefined : distance !== undefined;
      steady = isThere && element.scrollTop === before ? steady + 1 : 0;
      frames++;
      if (steady < STEADY && frames < MOST) frame = requestAnimationFrame(look);
    };
    const stop = (): void => {
      cancelAnimationFrame(frame);
    };
    frame = requestAnimationFrame(look);
    for (const move of MOVES) element.addEventListener(move, stop, { passive: true });
    return () => {
      stop();
      for (const move of MOVES) element.removeEventListener(move, stop);
    };
  }, [scroller, message, isMarked]);
}

/** The first mark in the message that is looked for. */
function markIn(sought: Element): Range | undefined {
  if (!('highlights' in CSS)) return undefined;
  const marks = (CSS.highlights.get(HERE) as Iterable<Range> | undefined) ?? [];
  return [...marks].find((mark) => sought.contains(mark.startContainer));
}

/** Pixels from the middle of the window to something in it; to the beginning of what is higher than the window. */
function distanceOf(element: HTMLElement, goal: Range | Element): number {
  const { top, height } = goal.getBoundingClientRect();
  const window = element.getBoundingClientRect();
  const middle = height > window.height ? top + window.height / 2 - MARGIN : top + height / 2;
  return Math.round(middle - (window.top + window.height / 2));
}
