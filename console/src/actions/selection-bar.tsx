import type { BulkSessionsBody, SessionResponse } from '@hermes-sessions/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { Problem } from '../problem.js';
import { counted } from '../words.js';
import { chainOf } from './chain.js';
import { ConfirmDeletion } from './confirm-deletion.js';

/** What can be done to many, by what it is called. */
const ACTIONS = [
  ['archive', 'Archive'],
  ['unarchive', 'Unarchive'],
  ['pin', 'Pin'],
  ['unpin', 'Unpin'],
] as const;

/** Changes what is selected, all at once. */
export function SelectionBar({
  selected,
  onDone,
}: {
  readonly selected: ReadonlyMap<string, SessionResponse>;
  readonly onDone: () => void;
}): React.JSX.Element | null {
  const history = useHistory();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const change = useMutation({
    mutationFn: async (action: BulkSessionsBody['action']) => {
      const chains =
        action === 'delete'
          ? await Promise.all([...selected.values()].map((session) => chainOf(history, session)))
          : [[...selected.keys()]];
      return history.bulk({ action, ids: chains.flat() });
    },
    onSuccess: async ({ data }) => {
      await queries.invalidateQueries();
      if (data.every(({ ok }) => ok)) onDone();
    },
  });
  if (selected.size === 0) return null;
  const refused = change.data?.data.filter(({ ok }) => !ok) ?? [];
  return (
    <div className="selection" role="toolbar" aria-label="Selected conversations">
      <strong>{counted(selected.size, 'conversation')} selected</strong>
      {ACTIONS.map(([action, name]) => (
        <button
          key={action}
          type="button"
          disabled={change.isPending}
          onClick={() => {
            change.mutate(action);
          }}
        >
          {name}
        </button>
      ))}
      <button
        type="button"
        className="danger"
        disabled={change.isPending}
        onClick={() => {
          setAsking(true);
        }}
      >
        Delete…
      </button>
      <button type="button" onClick={onDone}>
        Clear
      </button>
      {change.error === null ? null : <Problem error={change.error} />}
      {refused.length === 0 ? null : (
        <p role="alert" className="problem">
          {counted(refused.length, 'conversation')} left as it was: {refused[0]?.error?.message}
        </p>
      )}
      <ConfirmDeletion
        isOpen={isAsking}
        what={counted(selected.size, 'conversation')}
        onAnswer={(isMeant) => {
          setAsking(false);
          if (isMeant) change.mutate('delete');
        }}
      />
    </div>
  );
}
