import { useState } from 'react';
import { texts } from '../../language/language.js';

/** Milliseconds for which a button says that it did what it should. */
const SAID = 2000;

/** Copies a text. @param text what is copied, worked out when it is wanted. */
export function CopyButton({
  text,
  label,
  className,
}: {
  readonly text: () => string;
  readonly label: string;
  readonly className?: string;
}): React.JSX.Element {
  const [isDone, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text());
    setDone(true);
    setTimeout(() => {
      setDone(false);
    }, SAID);
  };
  return (
    <button type="button" className={className} onClick={() => void copy()}>
      {isDone ? texts().reading.copied : label}
    </button>
  );
}
