import type { TrashEntryResponse } from '@hermes-sessions/client';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../actions/confirm-dialog.js';
import { announce } from '../actions/notice.js';
import { useAction } from '../actions/use-action.js';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { headingOf } from '../list/conversation-row.js';
import { Problem } from '../problem.js';
import { texts } from '../language/language.js';
import { timeOf } from '../language/times.js';

/** Entries shown at first. */
const PAGE = 50;

/** Maximum number of entries in one answer. */
const MOST = 200;

/** The trash, from which conversations are restored or permanently deleted. */
export function TrashPage(): React.JSX.Element {
  const history = useHistory();
  const queries = useQueryClient();
  const { canRestore, canDelete } = usePermissions();
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [going, setGoing] = useState<TrashEntryResponse | 'all'>();
  const query = { limit, ...(search.trim() === '' ? {} : { search: search.trim() }) };
  const { data, error, refetch } = useQuery({
    queryKey: ['trash', query],
    queryFn: ({ signal }) => history.trash(query, { signal }),
    placeholderData: keepPreviousData,
  });
  const readAgain = (): Promise<void> => queries.invalidateQueries();
  const restore = useAction({
    mutationFn: (entry: TrashEntryResponse) => history.restore(entry.id),
    onSuccess: () => {
      announce({ text: texts().trash.restored(1) });
    },
    onSettled: readAgain,
  });
  const purge = useAction({
    mutationFn: async (entry: TrashEntryResponse | 'all') => {
      if (entry === 'all') return (await history.emptyTrash()).purged;
      await history.purge(entry.id);
      return 1;
    },
    onSuccess: (count) => {
      announce({ text: texts().trash.purged(count) });
    },
    onSettled: readAgain,
  });
  const goingCount = going === 'all' ? (data?.total ?? 0) : 1;
  return (
    <main className="statistics trash">
      <h2>{texts().trash.title}</h2>
      <p className="quiet">{texts().trash.introduction}</p>
      <div className="trash-head">
        <input
          type="search"
          aria-label={texts().trash.search}
          placeholder={texts().trash.search}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setLimit(PAGE);
          }}
        />
        {canDelete && search === '' && (data?.total ?? 0) > 0 ? (
          <button
            type="button"
            className="danger"
            onClick={() => {
              setGoing('all');
            }}
          >
            {texts().trash.empties}
          </button>
        ) : null}
      </div>
      {[restore.error, purge.error].map((problem, at) =>
        problem === null ? null : <Problem key={at} error={problem} />,
      )}
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined ? (
        error === null ? (
          <p className="hint">{texts().trash.loading}</p>
        ) : null
      ) : (
        <>
          <p role="status">
            {data.total > 0
              ? texts().counts.conversations(data.total)
              : search === ''
                ? texts().trash.empty
                : texts().trash.nothing}
          </p>
          <ul className="trash-entries" aria-label={texts().trash.entries}>
            {data.data.map((entry) => (
              <Entry
                key={entry.id}
                entry={entry}
                onRestore={
                  canRestore
                    ? () => {
                        restore.mutate(entry);
                      }
                    : undefined
                }
                onPurge={
                  canDelete
                    ? () => {
                        setGoing(entry);
                      }
                    : undefined
                }
                isBusy={restore.isPending || purge.isPending}
              />
            ))}
          </ul>
          {data.has_more && limit < MOST ? (
            <button
              type="button"
              onClick={() => {
                setLimit(MOST);
              }}
            >
              {texts().trash.more}
            </button>
          ) : null}
        </>
      )}
      <ConfirmDialog
        isOpen={going !== undefined}
        title={texts().trash.askPurge(goingCount)}
        typedCount={goingCount}
        agree={texts().trash.agree}
        onAnswer={(isMeant) => {
          setGoing(undefined);
          if (isMeant && going !== undefined) purge.mutate(going);
        }}
      >
        <p>{texts().trash.final}</p>
      </ConfirmDialog>
    </main>
  );
}

function Entry({
  entry,
  onRestore,
  onPurge,
  isBusy,
}: {
  readonly entry: TrashEntryResponse;
  readonly onRestore: (() => void) | undefined;
  readonly onPurge: (() => void) | undefined;
  readonly isBusy: boolean;
}): React.JSX.Element {
  const { trash } = texts();
  const heading = headingOf(entry);
  return (
    <li>
      <div>
        <strong dir="auto">{heading}</strong>
        <div className="quiet">
          {trash.facts(entry.platform, entry.message_count)}{' '}
          {trash.times(timeOf(entry.deleted_at), timeOf(entry.expires_at))}
        </div>
      </div>
      {onRestore === undefined ? null : (
        <button type="button" aria-label={trash.restoreOf(heading)} disabled={isBusy} onClick={onRestore}>
          {trash.restore}
        </button>
      )}
      {onPurge === undefined ? null : (
        <button
          type="button"
          className="danger"
          aria-label={trash.purgeOf(heading)}
          disabled={isBusy}
          onClick={onPurge}
        >
          {trash.purge}
        </button>
      )}
    </li>
  );
}
