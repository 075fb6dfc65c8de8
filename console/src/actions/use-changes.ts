import type { SessionResponse } from '@hermes-sessions/client';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { changeAll, changedBy, restoreAll, reverseOf, type Action, type Changes } from './change-all.js';
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
        return { action, count: changed.length, takeBack: () => restoreAll(history, trashIds) };
      const takeBack =
        reverse === undefined ? undefined : async () => (await changeAll(history, reverse, changed)).refusals;
      return { action, count: changed.length, takeBack };
    },
  );
}
