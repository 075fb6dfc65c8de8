import type { BulkUndoResponse } from '@hermes-sessions/client';
import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { ACTIONS, counted } from '../words.js';
import { changeFiltered, type FilteredChange, type FilteredChanges } from './change-filtered.js';
import { announce } from './notice.js';

/** A change of all that a list has, while it runs. */
export interface RunningFilteredChange {
  readonly change: UseMutationResult<FilteredChanges, Error, FilteredChange>;
  readonly done: number;
  readonly stop: () => void;
}

/** Changes all that a list has, says what was done, and offers to take exactly that back. */
export function useFilteredChanges(): RunningFilteredChange {
  const history = useHistory();
  const queries = useQueryClient();
  const [done, setDone] = useState(0);
  const [running, setRunning] = useState<AbortController>();
  const takeBack = async (bodies: readonly BulkUndoResponse[]): Promise<void> => {
    const refusals: string[] = [];
    for (const body of bodies) {
      const { data } = await history.bulk(body);
      refusals.push(...data.flatMap(({ error }) => (error === undefined ? [] : [error.message])));
    }
    await queries.invalidateQueries();
    announce({ text: refusals[0] ?? ACTIONS.undone });
  };
  const change = useMutation({
    mutationFn: (wanted: FilteredChange) => {
      const controller = new AbortController();
      setRunning(controller);
      setDone(0);
      return changeFiltered(history, wanted, { signal: controller.signal, onProgress: setDone });
    },
    onSuccess: ({ changed, undo }, { action }) => {
      const text = `${counted(changed, 'conversation')} ${ACTIONS.past[action]}`;
      const onUndo = (): void => {
        takeBack(undo).catch((error: unknown) => {
          announce({ text: String(error) });
        });
      };
      announce(undo.length === 0 ? { text } : { text, onUndo });
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
