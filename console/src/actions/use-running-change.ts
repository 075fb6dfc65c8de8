import { useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { texts } from '../language/language.js';
import type { Action } from './change-all.js';
import { announce } from './notice.js';
import { takeBackNow, type TakeBack } from './take-back.js';
import { useAction, useIsShown } from './use-action.js';

/** A running change of many. */
export interface RunningChange<Wanted, Changed> {
  readonly change: UseMutationResult<Changed, Error, Wanted>;
  readonly done: number;
  readonly stop: () => void;
}

/** Options for stopping a change and following its progress. */
export interface Steps {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** The refused part of a change. */
interface Refused {
  /** Why some were not changed. */
  readonly refusals: readonly string[];
}

/** A completed change: the action, the number of conversations, and an undo function if it can be undone. */
export interface Done {
  readonly action: Action;
  readonly count: number;
  readonly takeBack?: TakeBack;
}

/**
 * Changes many conversations, shows the result, and offers to undo it.
 * @param resultOf the result to show; undefined for none.
 */
export function useRunningChange<Wanted, Changed extends Refused>(
  run: (wanted: Wanted, steps: Steps) => Promise<Changed>,
  resultOf: (changed: Changed, wanted: Wanted) => Done | undefined,
): RunningChange<Wanted, Changed> {
  const queries = useQueryClient();
  const isShown = useIsShown();
  const [done, setDone] = useState(0);
  const [running, setRunning] = useState<AbortController>();
  const change = useAction({
    mutationFn: (wanted: Wanted) => {
      const controller = new AbortController();
      setRunning(controller);
      setDone(0);
      return run(wanted, { signal: controller.signal, onProgress: setDone });
    },
    onSuccess: (changed, wanted) => {
      const result = resultOf(changed, wanted);
      // If the bar is gone, nothing else shows why some were not changed.
      const left = isShown() ? undefined : changed.refusals[0];
      if (result === undefined) {
        if (left !== undefined) announce({ text: left });
        return;
      }
      const { action, count, takeBack } = result;
      const text = [texts().actions.past[action](count), left ?? []].flat().join('. ');
      const onUndo = (): void => {
        if (takeBack !== undefined) void takeBackNow(takeBack, () => queries.invalidateQueries());
      };
      announce(takeBack === undefined ? { text } : { text, onUndo });
    },
    // Also after a failure, since some may have been changed.
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
