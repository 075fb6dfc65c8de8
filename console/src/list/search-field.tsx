import { useEffect, useRef, useState } from 'react';
import { focusList, isTyping } from '../keyboard.js';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { texts } from '../language/language.js';
import { takeOperators, withoutBegunOperator } from './search-operators.js';
import { SearchNotes } from './search-notes.js';

/** Pause in typing after which the search starts, in milliseconds. */
const PAUSE = 120;

/** Maximum length that the server accepts. */
const LONGEST = 2048;

/** The search field, which searches during typing. `/` focuses it; `Esc` stops a search and clears the text. */
export function SearchField({
  view,
  isSearching,
  onTyped,
  onStop,
}: {
  readonly view: View;
  /** Whether the answer is still loading. */
  readonly isSearching: boolean;
  /** Called with whether the text differs from the running search. */
  readonly onTyped: (isTyped: boolean) => void;
  readonly onStop: () => void;
}): React.JSX.Element {
  const [text, setText] = useState(view.search);
  const field = useRef<HTMLInputElement>(null);
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The text follows changes of the address, such as going back.
  const [shown, setShown] = useState(view.search);
  if (shown !== view.search) {
    setShown(view.search);
    if (withoutBegunOperator(text) !== view.search) setText(view.search);
  }
  const search = (next: string, isDone = false): void => {
    const { text: rest, chosen } = takeOperators(next, isDone);
    const sought = isDone ? rest.trim() : withoutBegunOperator(rest);
    const ask = (): void => {
      onTyped(false);
      show({ ...chosen, search: sought, message: undefined }, 'replace');
    };
    setText(rest);
    clearTimeout(pause.current);
    if (isDone || Object.keys(chosen).length > 0 || sought === view.search) {
      ask();
      return;
    }
    onTyped(true);
    pause.current = setTimeout(ask, PAUSE);
  };
  // No search starts after the user has left the page.
  useEffect(
    () => () => {
      clearTimeout(pause.current);
    },
    [],
  );
  const leave = (): void => {
    clearTimeout(pause.current);
    onTyped(false);
    if (isSearching) {
      setText(view.search);
      onStop();
    } else if (text === '') field.current?.blur();
    else search('', true);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || isTyping(event)) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, []);
  return (
    <div className="search" role="search">
      <input
        ref={field}
        type="search"
        value={text}
        maxLength={LONGEST}
        placeholder={texts().list.search}
        aria-label={texts().list.search}
        onChange={(event) => {
          search(event.target.value);
        }}
        onBlur={() => {
          // When the field loses the focus, an operator at the end is complete.
          if (withoutBegunOperator(text) !== text.trim()) search(text, true);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') search(text, true);
          if (event.key === 'Enter' || event.key === 'ArrowDown') {
            event.preventDefault();
            focusList();
          }
          if (event.key !== 'Escape') return;
          // Browsers clear the field by themselves.
          event.preventDefault();
          leave();
        }}
      />
      <kbd className="search-key" aria-hidden="true">
        /
      </kbd>
      <div className="progress" data-on={isSearching} role="status">
        {isSearching ? <span className="progress-text">{texts().list.searching}</span> : null}
      </div>
      <SearchNotes text={text} />
    </div>
  );
}
