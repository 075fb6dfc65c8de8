import type { SessionResponse } from '@hermes-sessions/client';
import { useState } from 'react';

/** The selected conversations. */
export interface Selection {
  /** By {@link identityOf}. */
  readonly chosen: ReadonlyMap<string, SessionResponse>;
  /** Whether the whole list is selected, including rows that are not loaded. */
  readonly isWhole: boolean;
  /** Whether a click selects instead of opening. */
  readonly isUnderWay: boolean;
  readonly has: (session: SessionResponse) => boolean;
  readonly toggle: (session: SessionResponse) => void;
  readonly add: (sessions: readonly SessionResponse[]) => void;
  readonly addAll: () => void;
  readonly begin: () => void;
  readonly clear: () => void;
}

/** Identifies a conversation: several profiles and hosts may have one with the same id. */
export function identityOf({
  origin,
  profile,
  id,
}: Pick<SessionResponse, 'origin' | 'profile' | 'id'>): string {
  return JSON.stringify([origin, profile, id]);
}

/** The selection in a list; changing the list clears it. @param list identifies the list. */
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
      // A whole-list selection cannot have exceptions: a new selection begins.
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
