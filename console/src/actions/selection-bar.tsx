import type { SessionResponse } from '@hermes-sessions/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { Problem } from '../problem.js';
import { counted } from '../words.js';
import { changeAll, type Action } from './change-all.js';
import { ConfirmDeletion } from './confirm-deletion.js';

/** What can be done to many, by what it is called and what allows it. */
const ACTIONS = [
  ['archive', 'Archive', 'canArchive'],
  ['unarchive', 'Unarchive', 'canArchive'],
  ['pin', 'Pin', 'canPin'],
  ['unpin', 'Unpin', 'canPin'],
] as const;

/** Changes what is chosen, all at once. */
export function SelectionBar({
  chosen,
  onDone,
}: {
  readonly chosen: ReadonlyMap<string, SessionResponse>;
  readonly onDone: () => void;
}): React.JSX.Element {
  const history = useHistory();
  const queries = useQueryClient();
  const permissions = usePermissions();
  const [isAsking, setAsking] = useState(false);
  const change = useMutation({
    mutationFn: (action: Action) => changeAll(history, action, [...chosen.values()]),
    onSuccess: async (refusals) => {
      await queries.invalidateQueries();
      if (refusals.length === 0) onDone();
    },
  });
  const isIdle = change.isPending || chosen.size === 0;
  const refusals = change.data ?? [];
  return (
    <div className="selection" role="toolbar" aria-label="Selected conversations">
      <strong>
        {chosen.size === 0 ? 'Choose conversations' : `${counted(chosen.size, 'conversation')} selected`}
      </strong>
      {ACTIONS.filter(([, , permission]) => permissions[permission]).map(([action, name]) => (
        <button
          key={action}
          type="button"
          disabled={isIdle}
          onClick={() => {
            change.mutate(action);
          }}
        >
          {name}
        </button>
      ))}
      {permissions.canDelete ? (
        <button
          type="button"
          className="danger"
          disabled={isIdle}
          onClick={() => {
            setAsking(true);
          }}
        >
          Delete…
        </button>
      ) : null}
      <button type="button" onClick={onDone}>
        Cancel
      </button>
      {change.error === null ? null : <Problem error={change.error} />}
      {refusals.length === 0 ? null : (
        <p role="alert" className="problem">
          {counted(refusals.length, 'conversation')} left as it was: {refusals[0]}
        </p>
      )}
      <ConfirmDeletion
        isOpen={isAsking}
        what={counted(chosen.size, 'conversation')}
        onAnswer={(isMeant) => {
          setAsking(false);
          if (isMeant) change.mutate('delete');
        }}
      />
    </div>
  );
}
