import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { useKeys } from '../keyboard.js';
import type { Selection } from '../list/selection.js';
import type { Conversations } from '../list/use-conversations.js';
import { texts } from '../language/language.js';
import type { Action } from './change-all.js';
import { filterOf, planFiltered, type FilteredPlan } from './change-filtered.js';
import { ConfirmDeletion } from './confirm-deletion.js';
import { Progress } from './progress.js';
import { save } from './save.js';
import { SelectionToolbar } from './selection-toolbar.js';
import { useFilteredChanges } from './use-filtered-changes.js';
import { useAction } from './use-action.js';

/** Number of rows read in order to name them in the deletion dialog. */
const NAMED = 8;

/** Changes and exports a whole list on the server, without loading its rows. */
export function WholeListBar({
  list,
  selection,
}: {
  readonly list: Conversations;
  readonly selection: Selection;
}): React.JSX.Element {
  const history = useHistory();
  const { canArchive, canPin, canDelete, keepsDeleted } = usePermissions();
  const { change, done, stop } = useFilteredChanges();
  const [deletion, setDeletion] = useState<FilteredPlan>();
  const filter = filterOf(list.query);
  const { archived, pinned } = list.query;
  const run = (action: Action, planned: FilteredPlan): void => {
    change.mutate(
      { action, filter, planned, isKept: keepsDeleted },
      {
        onSuccess: ({ changed, refusals }) => {
          if (refusals.length === 0 && changed === planned.count) selection.clear();
        },
      },
    );
  };
  const begin = useAction({
    mutationFn: async (action: Action) => {
      const planned = await planFiltered(history, action, filter);
      if (action === 'delete') setDeletion(planned);
      else run(action, planned);
    },
  });
  const take = useAction({
    mutationFn: async () => {
      const stream = await history.exportAll({ ...filter, lineage: true });
      save(await new Response(stream).blob(), 'sessions.jsonl');
    },
  });
  const isBusy = begin.isPending || change.isPending || take.isPending;
  const offered: readonly Action[] = [
    ...(canArchive && archived !== 'true' ? (['archive'] as const) : []),
    ...(canArchive && (archived === 'true' || archived === 'any') ? (['unarchive'] as const) : []),
    ...(canPin && pinned !== true ? (['pin'] as const) : []),
    ...(canPin ? (['unpin'] as const) : []),
  ];
  const onKey = (action: Action | undefined): Readonly<Record<string, () => void>> => {
    if (action === undefined) return {};
    const keys: Readonly<Record<Action, string>> = {
      archive: 'e',
      unarchive: 'e',
      pin: 'p',
      unpin: 'p',
      delete: '#',
    };
    return {
      [keys[action]]: () => {
        if (!isBusy) begin.mutate(action);
      },
    };
  };
  useKeys({
    ...onKey(offered.find((action) => action.endsWith('archive'))),
    ...onKey(offered.find((action) => action.endsWith('pin'))),
    ...onKey(canDelete ? 'delete' : undefined),
  });
  const named = Array.from({ length: NAMED }, (_, index) => list.at(index)).filter(
    (one) => one !== undefined,
  );
  return (
    <>
      <SelectionToolbar
        offered={offered}
        isBusy={isBusy}
        onAction={(action) => {
          begin.mutate(action);
        }}
        onExport={() => {
          take.mutate();
        }}
        isExporting={take.isPending}
        onDelete={
          canDelete
            ? () => {
                begin.mutate('delete');
              }
            : undefined
        }
        onCancel={selection.clear}
        errors={[begin.error, change.error, take.error]}
        refusals={change.data?.refusals ?? []}
      >
        <strong>{texts().actions.selectedCount(list.total)}</strong>
        {change.isPending ? (
          <Progress done={done} total={change.variables.planned.count} onStop={stop} />
        ) : null}
      </SelectionToolbar>
      <ConfirmDeletion
        isOpen={deletion !== undefined}
        sessions={named}
        count={deletion?.count ?? 0}
        onAnswer={(isMeant) => {
          setDeletion(undefined);
          if (isMeant && deletion !== undefined) run('delete', deletion);
        }}
      />
    </>
  );
}
