import { useHistory } from '../api/connection.js';
import { changeFiltered, refusalsOf, type FilteredChange, type FilteredChanges } from './change-filtered.js';
import { useRunningChange, type RunningChange } from './use-running-change.js';

/** Changes all that a list has; what takes it back takes back exactly that, request by request. */
export function useFilteredChanges(): RunningChange<FilteredChange, FilteredChanges> {
  const history = useHistory();
  return useRunningChange(
    (wanted: FilteredChange, steps) => changeFiltered(history, wanted, steps),
    ({ changed, undo }, { action }) => {
      const takeBack = async (): Promise<readonly string[]> => {
        const refusals: string[] = [];
        for (const body of undo) refusals.push(...refusalsOf(await history.bulk(body)));
        return refusals;
      };
      return { action, count: changed, takeBack: undo.length === 0 ? undefined : takeBack };
    },
  );
}
