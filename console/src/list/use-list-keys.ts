import { useEffect, useEffectEvent } from 'react';
import { useChoosing } from '../actions/choosing.js';
import { isInField, isTyping } from '../keyboard.js';

/** The actions of the list's keys. */
interface ListActions {
  readonly move: (index: number) => void;
  readonly open: () => void;
  readonly close: () => void;
  readonly select: () => void;
  readonly selectAll: () => void;
}

/** Elements that `Enter` activates. Buttons of a closed dialog are excluded, since one may briefly keep the focus. */
const SEEN_BUTTON = ':is(button, a, summary):not(dialog:not([open]) *)';

/**
 * Keyboard navigation and selection, unless the user is typing.
 * @param active index of the keyboard cursor.
 * @param count number of rows.
 */
export function useListKeys(active: number, count: number, actions: ListActions): void {
  const isChoosing = useChoosing();
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isInList = event.target instanceof HTMLElement && event.target.closest('.rows') !== null;
    // In a transcript these keys scroll, and Ctrl+A selects its text.
    const isReading = event.target instanceof HTMLElement && event.target.closest('.messages') !== null;
    const isOfList = isInList || (isChoosing && !isReading && !isInField(event));
    if (event.key === 'a' && (event.ctrlKey || event.metaKey) && isOfList) {
      event.preventDefault();
      actions.selectAll();
      return;
    }
    if (isTyping(event)) return;
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10 },
      ...{ Home: -active, End: count - 1 - active },
    };
    const step = steps[event.key];
    const isOnButton = event.target instanceof HTMLElement && event.target.matches(SEEN_BUTTON);
    if (step !== undefined && isReading) return;
    if (step !== undefined && count > 0) actions.move(Math.min(count - 1, Math.max(0, active + step)));
    else if (event.key === 'Enter' && !isOnButton) actions.open();
    else if (event.key === 'x') actions.select();
    else if (event.key === 'Escape') actions.close();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, []);
}
