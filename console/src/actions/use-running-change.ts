import { useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { texts } from '../language/language.js';
import type { Action } from './change-all.js';
import { announce } from './notice.js';
import { takeBackNow, type TakeBack } from './take-back.js';
import { useAction, useIsShown } from './use-action.js';

/** A change of many while it runs. */
export interface RunningChange<Wanted, Changed> {
  readonly change: UseMutationResult<Changed, Error, Wanted>;
  readonly done: number;
  readonly stop: () => void;
}

/** What ends a change early, and what is told how many have been dealt with. */
export interface Steps {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** What became of a change, as far as it was refused. */
interface Refused {
  /** Why some were left as they were. */
  readonly refusals: readonly string[];
}

/** What was done to how many, and what takes it back, where something does. */
export interface Done {
  readonly action: Action;
  readonly count: number;
  readonly takeBack?: TakeBack;
}

/**
 * Changes many, says what was done, and offers to take it back.
 * @param resultOf what is said; undefined where nothing is to be.
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
      // Where the bar is gone, nothing else says why some were left.
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
