import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import type { Selection } from '../list/selection.js';
import { useKeys } from '../keyboard.js';
import { Problem } from '../problem.js';
import { ACTIONS, counted } from '../words.js';
import { changedBy, type Action } from './change-all.js';
import { setChoosing } from './choosing.js';
import { ConfirmDeletion } from './confirm-deletion.js';
import { exportAll } from './export-all.js';
import { Progress } from './progress.js';
import { save } from './save.js';
import { useChanges } from './use-changes.js';

/** What can be done to many, by what allows it. */
const CHANGES = [
  ['archive', 'canArchive'],
  ['unarchive', 'canArchive'],
  ['pin', 'canPin'],
  ['unpin', 'canPin'],
] as const;

/** Changes and exports what is chosen, all at once. */
export function SelectionBar({
  selection,
  total,
  canChooseAll,
}: {
  readonly selection: Selection;
  /** How many there are to choose from. */
  readonly total: number;
  readonly canChooseAll: boolean;
}): React.JSX.Element {
  const history = useHistory();
  const permissions = usePermissions();
  const [isAsking, setAsking] = useState(false);
  const { change, done, stop } = useChanges();
  const sessions = [...selection.chosen.values()];
  const take = useMutation({
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
  useEffect(() => {
    setChoosing(true);
    return () => {
      setChoosing(false);
    };
  }, []);
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
    ...(permissions.canDelete && sessions.length > 0
      ? {
          '#': () => {
            setAsking(true);
          },
        }
      : {}),
  });
  const refusals = change.data?.refusals ?? [];
  return (
    <div className="selection" role="toolbar" aria-label={ACTIONS.selected}>
      <strong>
        {sessions.length === 0
          ? ACTIONS.choose
          : `${counted(sessions.length, 'conversation')} ${ACTIONS.selectedCount}`}
      </strong>
      {canChooseAll && sessions.length < total && !isBusy ? (
        <button type="button" className="link" onClick={selection.addAll}>
          {ACTIONS.chooseAll(total)}
        </button>
      ) : null}
      {change.isPending ? <Progress done={done} total={sessions.length} onStop={stop} /> : null}
      <span className="selection-actions">
        {CHANGES.filter(
          ([action, permission]) => permissions[permission] && changedBy(action, sessions).length > 0,
        ).map(([action]) => (
          <button
            key={action}
            type="button"
            disabled={isBusy}
            onClick={() => {
              start(action);
            }}
          >
            {ACTIONS.names[action]}
          </button>
        ))}
        {sessions.length === 0 ? null : (
          <button
            type="button"
            disabled={isBusy}
            onClick={() => {
              take.mutate();
            }}
          >
            {take.isPending ? ACTIONS.exporting : ACTIONS.export}
          </button>
        )}
        {permissions.canDelete && sessions.length > 0 ? (
          <button
            type="button"
            className="danger"
            disabled={isBusy}
            onClick={() => {
              setAsking(true);
            }}
          >
            {ACTIONS.names.delete}…
          </button>
        ) : null}
        <button type="button" disabled={isBusy} onClick={selection.clear}>
          {ACTIONS.cancel}
        </button>
      </span>
      {[change.error, take.error].map((error, at) =>
        error === null ? null : <Problem key={at} error={error} />,
      )}
      {refusals.length === 0 ? null : (
        <p role="alert" className="problem">
          {ACTIONS.refused(counted(refusals.length, 'conversation'))} {refusals[0]}
        </p>
      )}
      <ConfirmDeletion
        isOpen={isAsking}
        sessions={sessions}
        onAnswer={(isMeant) => {
          setAsking(false);
          if (isMeant) start('delete');
        }}
      />
    </div>
  );
}
