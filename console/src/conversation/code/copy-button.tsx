import { useState } from 'react';
import { announce } from '../../actions/notice.js';
import { texts } from '../../language/language.js';
import { useOfferedCommands } from '../../palette/offered-commands.js';

/** How long a button confirms its action, in milliseconds. */
const SAID = 2000;

/**
 * Copies a text. Browsers offer the clipboard API only on pages from TLS or localhost. On other pages only a selection can be copied.
 * @returns whether it was copied.
 */
async function copyText(text: string): Promise<boolean> {
  if (!isSecureContext) return copySelected(text);
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}

function copySelected(text: string): boolean {
  const active = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('aria-hidden', 'true');
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else copies on a page without TLS
  const isCopied = document.execCommand('copy');
  field.remove();
  if (active instanceof HTMLElement) active.focus();
  return isCopied;
}

/** A button that copies a text. @param isOffered whether the command palette includes it. @param text computed on demand. */
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
    if (!(await copyText(text()))) {
      announce({ text: texts().reading.notCopied });
      return;
    }
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
