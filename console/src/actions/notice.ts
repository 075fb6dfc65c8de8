import { useSyncExternalStore } from 'react';

/** What was done, in words, and what takes it back. */
export interface Notice {
  readonly text: string;
  readonly onUndo?: () => void;
}

let current: Notice | undefined;

const listeners = new Set<() => void>();

/** Says what was done, in place of what was said before; nothing where it is left out. */
export function announce(notice?: Notice): void {
  current = notice;
  for (const tell of listeners) tell();
}

/** What is said at the moment. */
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
