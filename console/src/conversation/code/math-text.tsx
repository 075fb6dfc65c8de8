import katex from 'katex';
import { useLayoutEffect, useRef } from 'react';

/** Times that macros may be expanded: a text can define one that never ends. */
const EXPANSIONS = 500;

/** A formula, as MathML: browsers draw it without fonts and styles of ours. A module of its own, since KaTeX is large. */
export default function MathText({
  text,
  isDisplayed,
}: {
  readonly text: string;
  /** Whether it stands by itself, and not within a line. */
  readonly isDisplayed: boolean;
}): React.JSX.Element {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (place.current === null) return;
    try {
      katex.render(text, place.current, {
        ...{ displayMode: isDisplayed, output: 'mathml', maxExpand: EXPANSIONS, maxSize: 20 },
        ...{ throwOnError: true, strict: 'ignore', trust: false },
      });
    } catch {
      // What is no formula stays what was written.
      place.current.textContent = text;
    }
  }, [text, isDisplayed]);
  return <span ref={place} className="formula" />;
}
