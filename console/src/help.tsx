import { useEffect, useState } from 'react';
import { Dialog } from './dialog.js';
import { isTyping } from './keyboard.js';
import { LIST, SEARCH_HELP } from './words.js';

const KEYS = [
  ['/', 'search'],
  ['↑ ↓  or  j k', 'move in the list'],
  ['Enter', 'open the conversation'],
  ['Esc', 'close it, or leave the search'],
  ['x', 'select for a change of many'],
  ['Ctrl F  or  f', 'find in the open conversation'],
  ['n  N', 'next and previous of what was found'],
  ['?', 'this help'],
] as const;

/** Whether the help is open; `?` opens it. */
export function useHelp(): {
  readonly isOpen: boolean;
  readonly open: () => void;
  readonly close: () => void;
} {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === '?' && !isTyping(event)) setOpen(true);
    };
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, []);
  return {
    isOpen,
    open: () => {
      setOpen(true);
    },
    close: () => {
      setOpen(false);
    },
  };
}

/** What the keys do. */
export function Help({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): React.JSX.Element {
  return (
    <Dialog isOpen={isOpen} title="Keyboard" onClose={onClose}>
      <Keys keys={KEYS} />
      <h3>{LIST.help}</h3>
      <Keys keys={SEARCH_HELP} />
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </Dialog>
  );
}

function Keys({ keys }: { readonly keys: readonly (readonly [string, string])[] }): React.JSX.Element {
  return (
    <dl className="keys">
      {keys.map(([key, what]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
