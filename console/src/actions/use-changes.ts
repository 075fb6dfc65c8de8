import type { SessionResponse } from '@hermes-sessions/client';
import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { ACTIONS, counted } from '../words.js';
import { changeAll, changedBy, reverseOf, type Action, type Changes } from './change-all.js';
import { announce } from './notice.js';

/** What is to be done, to which. */
interface Change {
  readonly action: Action;
  readonly sessions: readonly SessionResponse[];
}

/** A change of many while it runs. */
export interface RunningChange {
  readonly change: UseMutationResult<Changes, Error, Change>;
  readonly done: number;
  readonly stop: () => void;
}

/** Changes many, says what was done, and offers to take it back; which changes those back that were changed, and no others. */
export function useChanges(): RunningChange {
  const history = useHistory();
  const queries = useQueryClient();
  const [done, setDone] = useState(0);
  const [running, setRunning] = useState<AbortController>();
  const undo = async (action: Action, changed: readonly SessionResponse[]): Promise<void> => {
    const { refusals } = await changeAll(history, action, changed);
    await queries.invalidateQueries();
    announce({ text: refusals[0] ?? ACTIONS.undone });
  };
  const change = useMutation({
    mutationFn: ({ action, sessions }: Change) => {
      const controller = new AbortController();
      setRunning(controller);
      setDone(0);
      return changeAll(history, action, changedBy(action, sessions), {
        signal: controller.signal,
        onProgress: setDone,
      });
    },
    onSuccess: ({ changed }, { action }) => {
      if (changed.length === 0) return;
      const text = `${counted(changed.length, 'conversation')} ${ACTIONS.past[action]}`;
      const reverse = reverseOf(action);
      const onUndo = (): void => {
        if (reverse !== undefined)
          undo(reverse, changed).catch((error: unknown) => {
            announce({ text: String(error) });
          });
      };
      announce(reverse === undefined ? { text } : { text, onUndo });
    },
    // Where it broke off, some were changed nevertheless.
    onSettled: () => queries.invalidateQueries(),
  });
  return {
    change,
    done,
    stop: () => {
      running?.abort();
    },
  };
}
