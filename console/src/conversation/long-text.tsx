import { useState } from 'react';
import { texts } from '../language/language.js';

/** Characters of a text that are shown at once: a browser takes seconds to lay out a megabyte. */
const SHOWN = 20_000;

/** A text, of which the beginning alone is shown at first where it is long. @param isWhole whether all of it is shown. */
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
