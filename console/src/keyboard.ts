import { useEffect, useEffectEvent } from 'react';

/** Whether a key is meant for a field or a dialog rather than for the page. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey || isInField(event);
}

/** Whether the focus is where one writes, or in a dialog. */
export function isInField({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog[open]') !== null) return true;
  return target.matches('input, select, textarea') || target.isContentEditable;
}

/** Does something at a key, wherever nobody types. @param isOn whether the keys mean anything at the moment. */
export function useKeys(actions: Readonly<Record<string, () => void>>, isOn = true): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (!isOn || isTyping(event) || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]?.();
  });
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, []);
}

/** Moves the focus to the list, as after something that stood beside it has gone. */
export function focusList(): void {
  document.querySelector<HTMLElement>('.rows')?.focus();
}

/** Whether the conversation that is opened next takes the focus. */
let isReadingNext = false;

/** Moves the focus to the conversation that is being opened, now or when it is there: its keys scroll it, and it is read out. */
export function focusConversation(): void {
  isReadingNext = true;
  conversationShown();
}

/** Is told that a conversation is there. */
export function conversationShown(): void {
  const messages = document.querySelector<HTMLElement>('.conversation .messages');
  if (!isReadingNext || messages === null) return;
  isReadingNext = false;
  messages.focus();
}
