import { useSyncExternalStore } from 'react';

let isChoosing = false;

const listeners = new Set<() => void>();

/** Sets whether several conversations are being selected. */
export function setChoosing(next: boolean): void {
  isChoosing = next;
  for (const tell of listeners) tell();
}

/** Whether several conversations are being selected. The action keys then apply to the selection. */
export function useChoosing(): boolean {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => {
        listeners.delete(tell);
      };
    },
    () => isChoosing,
  );
}
