import type { SessionResponse } from '@hermes-sessions/client';
import { useState } from 'react';
import { identityOf } from './selection.js';
import type { Conversations } from './use-conversations.js';

/** The row with the keyboard cursor. */
interface Active {
  readonly index: number;
  /** Undefined before the first move. */
  readonly identity: string | undefined;
}

/**
 * The keyboard cursor, which stays at its conversation when rows are inserted before it. In another list it starts at the top.
 * @returns its index, and the function that moves it.
 */
export function useActive(list: Conversations): readonly [number, (index: number) => void] {
  const [active, setActive] = useState<Active>({ index: 0, identity: undefined });
  const [shown, setShown] = useState(list.name);
  if (shown !== list.name) {
    setShown(list.name);
    setActive({ index: 0, identity: undefined });
  }
  const isActive = (session: SessionResponse): boolean => identityOf(session) === active.identity;
  const here = list.at(active.index);
  const isThere = active.identity === undefined || here === undefined || isActive(here);
  const index = isThere ? active.index : (list.placeOf(isActive) ?? active.index);
  if (index !== active.index && shown === list.name) setActive({ ...active, index });
  return [
    Math.min(index, Math.max(0, list.count - 1)),
    (next) => {
      const session = list.at(next);
      setActive({ index: next, identity: session === undefined ? undefined : identityOf(session) });
    },
  ];
}
