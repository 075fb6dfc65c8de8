import type { PruneSessionsBody } from '@hermes-sessions/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { Problem } from '../problem.js';
import { counted } from '../words.js';

const AGES = [
  ['30d', '30 days'],
  ['90d', '90 days'],
  ['26w', 'half a year'],
  ['52w', 'a year'],
] as const;

type Selection = Pick<PruneSessionsBody, 'action' | 'older_than' | 'archived'>;

/** Archives or deletes what is old. What would go is shown before the button that does it works. */
export function PrunePanel({
  canArchive,
  canDelete,
}: {
  readonly canArchive: boolean;
  readonly canDelete: boolean;
}): React.JSX.Element {
  const history = useHistory();
  const queries = useQueryClient();
  const [selection, setSelection] = useState<Selection>({
    action: canArchive ? 'archive' : 'delete',
    older_than: '90d',
    archived: !canArchive,
  });
  const plan = useMutation({ mutationFn: () => history.prune({ ...selection, dry_run: true }) });
  const run = useMutation({
    mutationFn: (token: string) => history.prune({ ...selection, dry_run: false, plan: token }),
    onSuccess: async () => {
      plan.reset();
      await queries.invalidateQueries();
    },
  });
  const choose = (change: Partial<Selection>): void => {
    setSelection({ ...selection, ...change });
    plan.reset();
    run.reset();
  };
  const planned = plan.data;
  const verb = selection.action === 'delete' ? 'Delete' : 'Archive';
  return (
    <section className="prune" aria-labelledby="prune">
      <h2 id="prune">Clean up</h2>
      <div className="filter-fields">
        <label>
          What to do
          <select
            value={selection.action}
            onChange={(event) => {
              const action = event.target.value === 'delete' ? 'delete' : 'archive';
              choose({ action, archived: action === 'delete' });
            }}
          >
            {canArchive ? <option value="archive">archive conversations</option> : null}
            {canDelete ? <option value="delete">delete archived conversations</option> : null}
          </select>
        </label>
        <label>
          Without activity for
          <select
            value={selection.older_than}
            onChange={(event) => {
              choose({ older_than: event.target.value });
            }}
          >
            {AGES.map(([age, name]) => (
              <option key={age} value={age}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          disabled={plan.isPending}
          onClick={() => {
            plan.mutate();
          }}
        >
          {plan.isPending ? 'Looking…' : 'Show what would go'}
        </button>
      </div>
      {planned === undefined ? null : (
        <p role="status">
          {planned.count === 0
            ? 'Nothing is that old. What is open or pinned stays in any case.'
            : `${counted(planned.count, 'conversation')}${planned.delegates === 0 ? '' : ` and ${counted(planned.delegates, 'delegate')} of theirs`} with ${counted(planned.messages, 'message')}, about ${Math.ceil(planned.estimated_bytes / 1_000_000).toLocaleString()} MB. What is open or pinned stays.`}
        </p>
      )}
      <button
        type="button"
        className={selection.action === 'delete' ? 'danger' : undefined}
        disabled={planned === undefined || planned.plan === null || planned.count === 0 || run.isPending}
        onClick={() => {
          if (planned?.plan != null) run.mutate(planned.plan);
        }}
      >
        {run.isPending
          ? 'One moment…'
          : `${verb} ${planned === undefined ? '' : counted(planned.count, 'conversation')}`}
      </button>
      {run.data === undefined ? null : (
        <p role="status">
          {counted(run.data.count, 'conversation')} done
          {run.data.remaining > 0 ? `, ${run.data.remaining.toLocaleString()} left: show and go on` : ''}
          {run.data.failed.length > 0
            ? `; ${counted(run.data.failed.length, 'conversation')} left as it was`
            : ''}
          .
        </p>
      )}
      {[plan.error, run.error].map((error, at) =>
        error === null ? null : <Problem key={at} error={error} />,
      )}
    </section>
  );
}
