import { useState } from 'react';
import { texts } from '../language/language.js';

/** Number of characters shown at first: browsers take seconds to lay out a megabyte. */
const SHOWN = 20_000;

/** A text that is truncated at first if it is long. @param isWhole whether to show all of it. */
export function LongText({
  text,
  isWhole = false,
  show,
}: {
  readonly text: string;
  readonly isWhole?: boolean;
  readonly show: (text: string) => React.ReactNode;
}): React.JSX.Element {
  const [isWanted, setWanted] = useState(false);
  if (text.length <= SHOWN || isWanted || isWhole) return <>{show(text)}</>;
  return (
    <>
      {show(text.slice(0, SHOWN))}
      <button
        type="button"
        onClick={() => {
          setWanted(true);
        }}
      >
        {texts().reading.rest(text.length - SHOWN)}
      </button>
    </>
  );
}
