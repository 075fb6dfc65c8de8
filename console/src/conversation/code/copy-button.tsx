import { useState } from 'react';
import { texts } from '../../language/language.js';
import { useOfferedCommands } from '../../palette/offered-commands.js';

/** Milliseconds for which a button says that it did what it should. */
const SAID = 2000;

/** Copies a text. @param isOffered whether the palette finds it as well. @param text what is copied, worked out when it is wanted. */
export function CopyButton({
  text,
  label,
  className,
  isOffered = false,
}: {
  readonly text: () => string;
  readonly label: string;
  readonly className?: string;
  readonly isOffered?: boolean;
}): React.JSX.Element {
  const [isDone, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text());
    setDone(true);
    setTimeout(() => {
      setDone(false);
    }, SAID);
  };
  useOfferedCommands(isOffered ? [{ name: label, run: () => void copy() }] : []);
  return (
    <button type="button" className={className} onClick={() => void copy()}>
      {isDone ? texts().reading.copied : label}
    </button>
  );
}
