import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { Dialog } from '../dialog.js';
import { texts } from '../language/language.js';
import { commandsFor, type Command } from './commands.js';
import { offeredCommands } from './offered-commands.js';

/** The command palette, opened with `Ctrl+K`. */
export function Palette({ commands }: { readonly commands: readonly Command[] }): React.JSX.Element {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (document.querySelector('dialog[open]') === null) setOpen(true);
    };
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, []);
  const close = (): void => {
    setOpen(false);
  };
  return (
    <Dialog isOpen={isOpen} title={texts().palette.title} onClose={close}>
      {isOpen ? <Finder commands={commands} onDone={close} /> : null}
    </Dialog>
  );
}

function Finder({
  commands,
  onDone,
}: {
  readonly commands: readonly Command[];
  readonly onDone: () => void;
}): React.JSX.Element {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  // Captured when the palette is opened; commands for the current content come first.
  const [offered] = useState(offeredCommands);
  const found = commandsFor([...offered, ...commands], text);
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    // The dialog must return the focus before a command moves it.
    flushSync(onDone);
    command.run();
  };
  return (
    <div className="palette">
      <input
        role="combobox"
        aria-label={texts().palette.field}
        placeholder={texts().palette.field}
        aria-expanded="true"
        aria-controls="commands"
        aria-activedescendant={found.length === 0 ? undefined : `command-${active}`}
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
          const step = steps[event.key];
          if (step !== undefined) setActive((active + step + found.length) % Math.max(1, found.length));
          else if (event.key === 'Enter') run(found[active]);
          else return;
          event.preventDefault();
        }}
      />
      <ul id="commands" role="listbox" aria-label={texts().palette.title}>
        {found.map((command, at) => (
          <li
            key={command.name}
            id={`command-${at}`}
            role="option"
            aria-selected={at === active}
            onClick={() => {
              run(command);
            }}
          >
            {command.name}
          </li>
        ))}
      </ul>
    </div>
  );
}
