import { useEffect, type RefObject } from 'react';
import { HERE } from './use-marks.js';

/** Frames without a change after which the position counts as final. */
const STEADY = 12;

/** Maximum number of frames to wait for the target. */
const MOST = 900;

/** Distances up to this many pixels are ignored. */
const NEAR = 4;

/** Margin above a target that is higher than the window, in pixels. */
const MARGIN = 20;

/** Events by which the user scrolls away. */
const MOVES = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;

/**
 * Scrolls the target to the middle of the window, and keeps it there while its surroundings are loaded, expanded and measured, until the user
 * scrolls.
 * @param isMarked whether words in it are or will be highlighted: then the first highlight is the target.
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
      // Near the ends of a transcript, the target cannot be in the middle.
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

/** The first highlight in the target message. */
function markIn(sought: Element): Range | undefined {
  if (!('highlights' in CSS)) return undefined;
  const marks = (CSS.highlights.get(HERE) as Iterable<Range> | undefined) ?? [];
  return [...marks].find((mark) => sought.contains(mark.startContainer));
}

/**
 * Distance of the target from the middle of the window, in pixels; for a target higher than the window, the distance of its beginning from the top.
 */
function distanceOf(element: HTMLElement, goal: Range | Element): number {
  const { top, height } = goal.getBoundingClientRect();
  const window = element.getBoundingClientRect();
  const middle = height > window.height ? top + window.height / 2 - MARGIN : top + height / 2;
  return Math.round(middle - (window.top + window.height / 2));
}
