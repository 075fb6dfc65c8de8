import katex from 'katex';
import { useLayoutEffect, useRef } from 'react';

/** Limit of macro expansions: a text can define a macro that expands forever. */
const EXPANSIONS = 500;

/** A formula as MathML, which browsers render without additional fonts and styles. A separate module, since KaTeX is large. */
export default function MathText({
  text,
  isDisplayed,
}: {
  readonly text: string;
  /** Whether it is a block formula rather than an inline one. */
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
      // An invalid formula is shown as text.
      place.current.textContent = text;
    }
  }, [text, isDisplayed]);
  return <span ref={place} className="formula" />;
}
