import type { SessionResponse } from '@hermes-sessions/client';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { changeAll, changedBy, reverseOf, type Action, type Changes } from './change-all.js';
import { restoring } from './take-back.js';
import { useRunningChange, type RunningChange } from './use-running-change.js';

/** An action and the conversations that it applies to. */
interface Change {
  readonly action: Action;
  readonly sessions: readonly SessionResponse[];
}

/** Changes many conversations. Undoing reverts only those that were changed. */
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
        // A repeated undo is harmless for conversations that are already reverted.
        if (brokeOff !== undefined) throw brokeOff;
        return refusals;
      };
      return { action, count: changed.length, takeBack };
    },
  );
}
