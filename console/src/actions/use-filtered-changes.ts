import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { changeFiltered, refusalsOf, type FilteredChange, type FilteredChanges } from './change-filtered.js';
import { restoring } from './take-back.js';
import { useRunningChange, type RunningChange } from './use-running-change.js';

/** Changes a whole list. Undoing reverts exactly those changes, request by request. */
export function useFilteredChanges(): RunningChange<FilteredChange, FilteredChanges> {
  const history = useHistory();
  const { canRestore } = usePermissions();
  return useRunningChange(
    (wanted: FilteredChange, steps) => changeFiltered(history, wanted, steps),
    ({ changed, undo, trashIds }, { action }) => {
      const restorable = canRestore ? trashIds : [];
      const restore = restoring(history, restorable);
      const takeBack = async (): Promise<readonly string[]> => {
        const refusals = [...(await restore())];
        for (const body of undo) refusals.push(...refusalsOf(await history.bulk(body)));
        return refusals;
      };
      return {
        action,
        count: changed,
        takeBack: undo.length + restorable.length === 0 ? undefined : takeBack,
      };
    },
  );
}
