import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Progress } from '../actions/progress.js';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { Problem } from '../problem.js';
import { texts } from '../language/language.js';
import { cleanUp, type CleanedUp } from './clean-up.js';
import { ConfirmCleanUp } from './confirm-clean-up.js';
import { toPruneBody, usualCriteria, type Criteria } from './criteria.js';
import { CriteriaForm } from './criteria-form.js';
import { Sample } from './sample.js';

/** Archives or deletes old, short or useless conversations. Shows a preview first, and requires typing the number. */
export function CleanUpPage(): React.JSX.Element {
  const { canArchive, canDelete } = usePermissions();
  return (
    <main className="statistics">
      <h2>{texts().cleanUp.title}</h2>
      <p className="quiet">{texts().cleanUp.introduction}</p>
      {canArchive || canDelete ? (
        <CleanUp key={String(canArchive)} canArchive={canArchive} canDelete={canDelete} />
      ) : (
        <p className="hint">{texts().cleanUp.notAllowed}</p>
      )}
    </main>
  );
}

function CleanUp({
  canArchive,
  canDelete,
}: {
  readonly canArchive: boolean;
  readonly canDelete: boolean;
}): React.JSX.Element {
  const history = useHistory();
  const { keepsDeleted } = usePermissions();
  const queries = useQueryClient();
  const [criteria, setCriteria] = useState(() => usualCriteria(canArchive ? 'archive' : 'delete'));
  const [isAsking, setAsking] = useState(false);
  const [reached, setReached] = useState<CleanedUp>();
  const [running, setRunning] = useState<AbortController>();
  const plan = useMutation({
    mutationFn: () => history.prune({ ...toPruneBody(criteria, keepsDeleted), dry_run: true }),
  });
  const run = useMutation({
    mutationFn: (planned: { readonly plan: string; readonly count: number }) => {
      const controller = new AbortController();
      setRunning(controller);
      setReached(undefined);
      return cleanUp(history, toPruneBody(criteria, keepsDeleted), planned, {
        signal: controller.signal,
        onProgress: setReached,
      });
    },
    onSettled: async () => {
      plan.reset();
      await queries.invalidateQueries();
    },
  });
  const choose = (next: Criteria): void => {
    setCriteria(next);
    plan.reset();
    run.reset();
  };
  const planned = plan.data;
  const token = planned?.plan ?? null;
  return (
    <section className="clean-up" aria-label={texts().cleanUp.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run.reset();
          plan.mutate();
        }}
      >
        <fieldset className="plain" disabled={run.isPending}>
          <CriteriaForm criteria={criteria} canArchive={canArchive} canDelete={canDelete} onChange={choose} />
          <button type="submit" disabled={plan.isPending}>
            {plan.isPending ? texts().cleanUp.looking : texts().cleanUp.look}
          </button>
        </fieldset>
      </form>
      {planned === undefined || run.isPending ? null : <Sample planned={planned} />}
      {planned === undefined || token === null || planned.count === 0 || run.isPending ? null : (
        <>
          <button
            type="button"
            className={criteria.action === 'delete' ? 'danger' : undefined}
            onClick={() => {
              setAsking(true);
            }}
          >
            {texts().cleanUp.start(texts().actions.names[criteria.action], planned.count)}
          </button>
          <ConfirmCleanUp
            planned={planned}
            isOpen={isAsking}
            onAnswer={(isMeant) => {
              setAsking(false);
              if (isMeant) run.mutate({ plan: token, count: planned.count });
            }}
          />
        </>
      )}
      {run.isPending ? (
        <Progress
          done={reached?.done ?? 0}
          total={run.variables.count}
          onStop={() => {
            running?.abort();
          }}
        />
      ) : null}
      {run.data === undefined ? null : <Outcome action={criteria.action} reached={run.data} />}
      {[plan.error, run.error].map((error, at) =>
        error === null ? null : <Problem key={at} error={error} />,
      )}
    </section>
  );
}

function Outcome({
  action,
  reached: { done, refusals, left },
}: {
  readonly action: Criteria['action'];
  readonly reached: CleanedUp;
}): React.JSX.Element {
  const { actions, cleanUp } = texts();
  return (
    <div role="status">
      <p>
        {cleanUp.done(actions.past[action](done))} {left > 0 ? cleanUp.left(left) : null}
      </p>
      {refusals.length === 0 ? null : (
        <p>
          {actions.refused(refusals.length)} {refusals[0]}
        </p>
      )}
    </div>
  );
}
