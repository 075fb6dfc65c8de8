import type { SessionResponse } from '@hermes-sessions/client';
import { useState } from 'react';

/** Conversations that are chosen for a change of many. */
export interface Selection {
  /** By {@link identityOf}. */
  readonly chosen: ReadonlyMap<string, SessionResponse>;
  /** Whether everything that the list has is chosen, here or not. */
  readonly isWhole: boolean;
  /** Whether a click chooses instead of opening. */
  readonly isUnderWay: boolean;
  readonly has: (session: SessionResponse) => boolean;
  readonly toggle: (session: SessionResponse) => void;
  readonly add: (sessions: readonly SessionResponse[]) => void;
  readonly addAll: () => void;
  readonly begin: () => void;
  readonly clear: () => void;
}

/** What tells a conversation from all others: several profiles and hosts may have one with the same id. */
export function identityOf({
  origin,
  profile,
  id,
}: Pick<SessionResponse, 'origin' | 'profile' | 'id'>): string {
  return JSON.stringify([origin, profile, id]);
}

/** What is chosen of a list, and how that is changed; nothing of another one. @param list tells one list from another. */
export function useSelection(list: string): Selection {
  const [chosen, setChosen] = useState<ReadonlyMap<string, SessionResponse>>(new Map());
  const [isChoosing, setChoosing] = useState(false);
  const [isWhole, setWhole] = useState(false);
  const [chosenFrom, setChosenFrom] = useState(list);
  const clear = (): void => {
    setChosen(new Map());
    setWhole(false);
    setChoosing(false);
  };
  if (chosenFrom !== list) {
    setChosenFrom(list);
    clear();
  }
  return {
    chosen,
    isWhole,
    isUnderWay: isChoosing || isWhole || chosen.size > 0,
    has: (session) => isWhole || chosen.has(identityOf(session)),
    toggle: (session) => {
      // Of all that a list has, nothing can be left out: somebody begins to choose anew.
      setWhole(false);
      setChosen((before) => {
        const after = new Map(before);
        const identity = identityOf(session);
        if (!after.delete(identity)) after.set(identity, session);
        return after;
      });
    },
    add: (sessions) => {
      setChosen((before) => new Map([...before, ...sessions.map((one) => [identityOf(one), one] as const)]));
    },
    addAll: () => {
      setChosen(new Map());
      setWhole(true);
    },
    begin: () => {
      setChoosing(true);
    },
    clear,
  };
}
