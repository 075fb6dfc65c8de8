import { useEffect, useState } from 'react';
import { Dialog } from './dialog.js';
import { isTyping } from './keyboard.js';
import { texts } from './language/language.js';

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

/** The keyboard shortcuts. */
export function Help({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): React.JSX.Element {
  return (
    <Dialog isOpen={isOpen} title={texts().list.keyboard} onClose={onClose}>
      <Keys keys={texts().keys} />
      <h3>{texts().list.help}</h3>
      <Keys keys={texts().searchHelp} />
      <form method="dialog">
        <button type="submit">{texts().actions.close}</button>
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
