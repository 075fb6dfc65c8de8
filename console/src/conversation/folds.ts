import { createContext, useContext } from 'react';

/** What of a conversation somebody opened or closed; it stays so when it is scrolled away. */
export interface Folds {
  /** @param isBefore whether it is open as long as nobody touched it. */
  readonly isOpen: (key: string, isBefore: boolean) => boolean;
  readonly set: (key: string, isOpen: boolean) => void;
}

export const FoldsOfConversation = createContext<Folds | undefined>(undefined);

/** Whether a fold is open, and what opens or closes it. */
export function useFold(key: string, isBefore: boolean): readonly [boolean, (isOpen: boolean) => void] {
  const folds = useContext(FoldsOfConversation);
  if (folds === undefined) throw new Error('There is no conversation around it.');
  return [
    folds.isOpen(key, isBefore),
    (isOpen) => {
      folds.set(key, isOpen);
    },
  ];
}
