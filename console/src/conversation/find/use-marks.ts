import { useEffect, type RefObject } from 'react';
import { patternOf, rangesIn } from './text-marks.js';

/** Name of the highlight of all hits, which the style sheet gives its colour. */
const ALL = 'found';

/** Name of that of the hits in the message that is looked for. */
export const HERE = 'found-here';

/** What words are looked for in: names of roles and buttons are no part of what somebody said. */
const TEXTS = '.typed, .markdown, pre, .step summary';

/** Marks words wherever they are shown in a transcript, and stronger where the message is that is looked for. */
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
    // What is shown changes while it is scrolled, loaded and opened.
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

/** The texts below some messages, none of which is part of another one. */
function outermost(element: HTMLElement, messages: string): readonly Element[] {
  return [...element.querySelectorAll(messages)].flatMap((message) =>
    [...message.querySelectorAll(TEXTS)].filter((text) => text.parentElement?.closest(TEXTS) == null),
  );
}
