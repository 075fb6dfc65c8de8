import { createContext, useContext } from 'react';

/** The folds that the user opened or closed; the state survives scrolling. */
export interface Folds {
  /**
   * @param keys all keys under which its state may be stored.
   * @param isBefore whether it is initially open.
   */
  readonly isOpen: (keys: readonly string[], isBefore: boolean) => boolean;
  readonly set: (keys: readonly string[], isOpen: boolean) => void;
}

export const FoldsOfConversation = createContext<Folds | undefined>(undefined);

/** Whether a fold is open, and the function that sets it. */
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
