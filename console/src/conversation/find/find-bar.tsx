import { useEffect, useEffectEvent, useRef } from 'react';
import { focusConversation, isTyping } from '../../keyboard.js';
import { texts } from '../../language/language.js';
import type { Hits } from './use-hits.js';

/** Maximum length that the server accepts. */
const LONGEST = 2048;

/** The search inside the open conversation: a text field, the position among the hits, and buttons for the previous and next hit. */
export function FindBar({
  text,
  hits,
  place,
  isAskedFor,
  onText,
  onStep,
  onClose,
}: {
  readonly text: string;
  /** The hits; undefined while the search runs. */
  readonly hits: Hits | undefined;
  /** Index of the shown hit, from 0; -1 if none is shown. */
  readonly place: number;
  /** Whether the user opened the search. Then the field gets the focus, since keys typed elsewhere would trigger actions on the conversation. */
  readonly isAskedFor: boolean;
  readonly onText: (text: string) => void;
  /** Moves by a number of hits. */
  readonly onStep: (by: 1 | -1) => void;
  readonly onClose: () => void;
}): React.JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const enter = (): void => {
    field.current?.focus();
    field.current?.select();
  };
  const close = (): void => {
    onClose();
    focusConversation();
  };
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === 'f' && event.ctrlKey && document.activeElement !== field.current) enter();
    else if (isTyping(event)) return;
    else if (event.key === 'n') onStep(1);
    else if (event.key === 'N') onStep(-1);
    else if (event.key === 'f') enter();
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  useEffect(() => {
    // In the capture phase, before the list, which closes the conversation with the same key.
    addEventListener('keydown', onKey, { capture: true });
    return () => {
      removeEventListener('keydown', onKey, { capture: true });
    };
  }, []);
  const hasNone = hits === undefined || hits.messages.length === 0;
  return (
    <div className="find" role="search" aria-label={texts().reading.findInside}>
      <input
        ref={field}
        type="search"
        autoFocus={isAskedFor}
        value={text}
        maxLength={LONGEST}
        placeholder={texts().reading.findInside}
        aria-label={texts().reading.findInside}
        onChange={(event) => {
          onText(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onStep(event.shiftKey ? -1 : 1);
          else if (event.key === 'Escape') close();
          else return;
          event.preventDefault();
        }}
      />
      <span role="status">{text.trim() === '' ? '' : saidOf(hits, place)}</span>
      <button
        type="button"
        aria-label={texts().reading.findPrevious}
        disabled={hasNone}
        onClick={() => {
          onStep(-1);
        }}
      >
        ↑
      </button>
      <button
        type="button"
        aria-label={texts().reading.findNext}
        disabled={hasNone}
        onClick={() => {
          onStep(1);
        }}
      >
        ↓
      </button>
      <button type="button" aria-label={texts().reading.findClose} onClick={close}>
        ✕
      </button>
    </div>
  );
}

function saidOf(hits: Hits | undefined, place: number): string {
  if (hits === undefined) return texts().reading.findBusy;
  return hits.total === 0 ? texts().reading.findNothing : texts().reading.findPlace(place + 1, hits.total);
}
