import { useEffect, useRef, useState } from 'react';
import { isTyping } from '../keyboard.js';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';

/** Milliseconds of silence after which what was typed is searched for. */
const PAUSE = 120;

/** Characters that the server takes. */
const LONGEST = 2048;

/** Searches while somebody types. `/` leads here. */
export function SearchField({ view }: { readonly view: View }): React.JSX.Element {
  const [text, setText] = useState(view.search);
  const field = useRef<HTMLInputElement>(null);
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  // An address that changed by itself, as by going back, is shown as well.
  const [shown, setShown] = useState(view.search);
  if (shown !== view.search) {
    setShown(view.search);
    if (text.trim() !== view.search) setText(view.search);
  }
  const search = (next: string): void => {
    setText(next);
    clearTimeout(pause.current);
    pause.current = setTimeout(() => {
      show({ search: next.trim(), message: undefined }, 'replace');
    }, PAUSE);
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
        placeholder="Search messages and titles  ( / )"
        aria-label="Search messages and titles"
        onChange={(event) => {
          search(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' || event.key === 'Enter') field.current?.blur();
          if (event.key === 'Escape') search('');
        }}
      />
    </div>
  );
}
