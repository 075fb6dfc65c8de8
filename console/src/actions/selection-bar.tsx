import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import type { Selection } from '../list/selection.js';
import { useKeys } from '../keyboard.js';
import { texts } from '../language/language.js';
import { changedBy, type Action } from './change-all.js';
import { ConfirmDeletion } from './confirm-deletion.js';
import { exportAll } from './export-all.js';
import { Progress } from './progress.js';
import { save } from './save.js';
import { SelectionToolbar } from './selection-toolbar.js';
import { useChanges } from './use-changes.js';
import { useAction } from './use-action.js';

/** Actions on many conversations, with the permissions they need. */
const CHANGES = [
  ['archive', 'canArchive'],
  ['unarchive', 'canArchive'],
  ['pin', 'canPin'],
  ['unpin', 'canPin'],
] as const;

/** Changes and exports the selected conversations. */
export function SelectionBar({
  selection,
  total,
  canChooseAll,
}: {
  readonly selection: Selection;
  /** Number of conversations that can be selected. */
  readonly total: number;
  readonly canChooseAll: boolean;
}): React.JSX.Element {
  const history = useHistory();
  const permissions = usePermissions();
  const [isAsking, setAsking] = useState(false);
  const { change, done, stop } = useChanges();
  const sessions = [...selection.chosen.values()];
  const take = useAction({
    mutationFn: async () => {
      save(await exportAll(history, sessions), 'sessions.jsonl');
    },
  });
  const start = (action: Action): void => {
    change.mutate(
      { action, sessions },
      {
        onSuccess: ({ changed, refusals }) => {
          if (refusals.length === 0 && changed.length === changedBy(action, sessions).length)
            selection.clear();
        },
      },
    );
  };
  const isBusy = change.isPending || take.isPending;
  const isAny = sessions.length > 0;
  const ask = (): void => {
    setAsking(true);
  };
  const toggle = (action: Action, reverse: Action): void => {
    if (isBusy || sessions.length === 0) return;
    start(changedBy(action, sessions).length > 0 ? action : reverse);
  };
  useKeys({
    ...(permissions.canPin
      ? {
          p: () => {
            toggle('pin', 'unpin');
          },
        }
      : {}),
    ...(permissions.canArchive
      ? {
          e: () => {
            toggle('archive', 'unarchive');
          },
        }
      : {}),
    ...(permissions.canDelete && isAny ? { '#': ask } : {}),
  });
  return (
    <>
      <SelectionToolbar
        offered={CHANGES.filter(
          ([action, permission]) => permissions[permission] && changedBy(action, sessions).length > 0,
        ).map(([action]) => action)}
        isBusy={isBusy}
        onAction={start}
        onExport={
          isAny
            ? () => {
                take.mutate();
              }
            : undefined
        }
        isExporting={take.isPending}
        onDelete={permissions.canDelete && isAny ? ask : undefined}
        onCancel={selection.clear}
        errors={[change.error, take.error]}
        refusals={change.data?.refusals ?? []}
      >
        <strong>{isAny ? texts().actions.selectedCount(sessions.length) : texts().actions.choose}</strong>
        {canChooseAll && sessions.length < total && !isBusy ? (
          <button type="button" className="link" onClick={selection.addAll}>
            {texts().actions.chooseAll(total)}
          </button>
        ) : null}
        {change.isPending ? <Progress done={done} total={sessions.length} onStop={stop} /> : null}
      </SelectionToolbar>
      <ConfirmDeletion
        isOpen={isAsking}
        sessions={sessions}
        onAnswer={(isMeant) => {
          setAsking(false);
          if (isMeant) start('delete');
        }}
      />
    </>
  );
}
