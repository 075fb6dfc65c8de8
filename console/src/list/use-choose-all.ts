import type { SessionResponse } from '@hermes-sessions/client';
import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import type { Selection } from './selection.js';
import type { Conversations } from './use-conversations.js';

/** Conversations after which is told how many there are by now. */
const STEP = 200;

/** How everything that a list has is gathered. */
export interface ChoosingAll {
  readonly gathering: UseMutationResult<void, Error, void>;
  /** How many there are by now. */
  readonly gathered: number;
  readonly stop: () => void;
}

/** Chooses everything that a list has, page by page; nothing where it is stopped. */
export function useChooseAll(list: Conversations, selection: Selection): ChoosingAll {
  const history = useHistory();
  const [gathered, setGathered] = useState(0);
  const [running, setRunning] = useState<AbortController>();
  const gathering = useMutation({
    mutationFn: async () => {
      const controller = new AbortController();
      setRunning(controller);
      setGathered(0);
      const sessions: SessionResponse[] = [];
      const { signal } = controller;
      try {
        for await (const session of history.conversations(list.query, { signal })) {
          sessions.push(session);
          if (sessions.length % STEP === 0) setGathered(sessions.length);
        }
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      selection.add(sessions);
    },
  });
  return {
    gathering,
    gathered,
    stop: () => {
      running?.abort();
    },
  };
}
