import type { SessionResponse } from '@hermes-sessions/client';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { changeAll, changedBy, reverseOf, type Action, type Changes } from './change-all.js';
import { restoring } from './take-back.js';
import { useRunningChange, type RunningChange } from './use-running-change.js';

/** What is to be done, to which. */
interface Change {
  readonly action: Action;
  readonly sessions: readonly SessionResponse[];
}

/** Changes many; what takes it back changes those back that were changed, and no others. */
export function useChanges(): RunningChange<Change, Changes> {
  const history = useHistory();
  const { keepsDeleted: isKept, canRestore } = usePermissions();
  return useRunningChange(
    ({ action, sessions }: Change, steps) =>
      changeAll(history, action, changedBy(action, sessions), { ...steps, isKept }),
    ({ changed, trashIds }, { action }) => {
      if (changed.length === 0) return undefined;
      const reverse = reverseOf(action);
      if (canRestore && trashIds.length > 0)
        return { action, count: changed.length, takeBack: restoring(history, trashIds) };
      if (reverse === undefined) return { action, count: changed.length };
      const takeBack = async (): Promise<readonly string[]> => {
        const { refusals, brokeOff } = await changeAll(history, reverse, changed);
        // What is as it was already is left so where all are asked for again.
        if (brokeOff !== undefined) throw brokeOff;
        return refusals;
      };
      return { action, count: changed.length, takeBack };
    },
  );
}
