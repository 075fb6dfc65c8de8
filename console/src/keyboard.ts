import { useEffect, useEffectEvent } from 'react';

/** Whether a key is meant for an input field, a dialog or the browser rather than for the page. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey || isInField(event);
}

/** Whether the focus is in an input field or a dialog. */
export function isInField({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog[open]') !== null) return true;
  return target.matches('input, select, textarea') || target.isContentEditable;
}

/** Handles keys unless the user is typing. @param isOn whether the keys are active. */
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

/** Moves the focus to the list, for example after a focused element beside it has disappeared. */
export function focusList(): void {
  document.querySelector<HTMLElement>('.rows')?.focus();
}

/** Whether the next opened conversation gets the focus. */
let isReadingNext = false;

/** Moves the focus to the conversation being opened, now or once it is rendered: keys then scroll it, and screen readers read it. */
export function focusConversation(): void {
  isReadingNext = true;
  conversationShown();
}

/** Called when a conversation is rendered. */
export function conversationShown(): void {
  const messages = document.querySelector<HTMLElement>('.conversation .messages');
  if (!isReadingNext || messages === null) return;
  isReadingNext = false;
  messages.focus();
}
