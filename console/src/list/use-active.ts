import type { SessionResponse } from '@hermes-sessions/client';
import { useState } from 'react';
import { identityOf } from './selection.js';
import type { Conversations } from './use-conversations.js';

/** The row that the keys are at. */
interface Active {
  readonly index: number;
  /** Undefined where nobody has moved yet. */
  readonly identity: string | undefined;
}

/**
 * The place that the keys are at: it goes with its conversation, whatever comes before it. Another list is looked at from its beginning.
 * @returns the place, and what moves to another one.
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
