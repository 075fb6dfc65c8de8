import { useEffect, type RefObject } from 'react';
import { patternOf, rangesIn } from './text-marks.js';

/** Name of the highlight for all hits, styled in the style sheet. */
const ALL = 'found';

/** Name of the highlight for hits in the target message. */
export const HERE = 'found-here';

/** Elements whose text is searched: names of roles and buttons are excluded. */
const TEXTS = '.typed, .markdown, pre, .step summary';

/** Highlights words in the visible transcript, more strongly in the target message. */
export function useMarks(scroller: RefObject<HTMLElement | null>, words: readonly string[]): void {
  useEffect(() => {
    const element = scroller.current;
    const pattern = patternOf(words);
    if (element === null || pattern === undefined || !('highlights' in CSS)) return;
    let frame = 0;
    const mark = (): void => {
      const found = (within: string): Highlight =>
        new Highlight(...outermost(element, within).flatMap((text) => rangesIn(text, pattern)));
      CSS.highlights.set(ALL, found('.message:not([data-sought])'));
      CSS.highlights.set(HERE, found('.message[data-sought]'));
    };
    // The visible content changes during scrolling, loading and expanding.
    const changes = new MutationObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(mark);
    });
    changes.observe(element, {
      childList: true,
      subtree: true,
      characterData: true,
      attributeFilter: ['data-sought'],
    });
    mark();
    return () => {
      changes.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(ALL);
      CSS.highlights.delete(HERE);
    };
  }, [scroller, words]);
}

/** The text elements of some messages, without nested ones. */
function outermost(element: HTMLElement, messages: string): readonly Element[] {
  return [...element.querySelectorAll(messages)].flatMap((message) =>
    [...message.querySelectorAll(TEXTS)].filter((text) => text.parentElement?.closest(TEXTS) == null),
  );
}
