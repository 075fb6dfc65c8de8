import { useSyncExternalStore } from 'react';

/** A message about a completed action, and the callback that undoes it. */
export interface Notice {
  readonly text: string;
  readonly onUndo?: () => void;
}

let current: Notice | undefined;

const listeners = new Set<() => void>();

/** Shows a notice in place of the previous one; without an argument, hides it. */
export function announce(notice?: Notice): void {
  current = notice;
  for (const tell of listeners) tell();
}

/** The current notice. */
export function useNotice(): Notice | undefined {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => {
        listeners.delete(tell);
      };
    },
    () => current,
  );
}
