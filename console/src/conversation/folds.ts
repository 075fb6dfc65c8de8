import { createContext, useContext } from 'react';

/** What of a conversation somebody opened or closed; it stays so when it is scrolled away. */
export interface Folds {
  /**
   * @param keys all names that it may have been touched by.
   * @param isBefore whether it is open as long as nobody touched it.
   */
  readonly isOpen: (keys: readonly string[], isBefore: boolean) => boolean;
  readonly set: (keys: readonly string[], isOpen: boolean) => void;
}

export const FoldsOfConversation = createContext<Folds | undefined>(undefined);

/** Whether a fold is open, and what opens or closes it. */
export function useFold(
  keys: readonly string[],
  isBefore: boolean,
): readonly [boolean, (isOpen: boolean) => void] {
  const folds = useContext(FoldsOfConversation);
  if (folds === undefined) throw new Error('There is no conversation around it.');
  return [
    folds.isOpen(keys, isBefore),
    (isOpen) => {
      folds.set(keys, isOpen);
    },
  ];
}
