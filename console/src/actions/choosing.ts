import { useSyncExternalStore } from 'react';

let isChoosing = false;

const listeners = new Set<() => void>();

/** Is told whether several conversations are being chosen. */
export function setChoosing(next: boolean): void {
  isChoosing = next;
  for (const tell of listeners) tell();
}

/** Whether several conversations are being chosen, which the keys of actions then mean. */
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
