import type { PruneSessionsResponse } from '@hermes-sessions/client';
import { useQueries } from '@tanstack/react-query';
import { useHistory } from '../api/connection.js';
import { headingOf } from '../list/conversation-row.js';
import { addressOfConversation } from '../view/use-view.js';
import { CLEAN_UP, counted, timeOf } from '../words.js';

/** Conversations that are named. */
const NAMED = 10;

/** What would go: how much it is, and the first of it by name, each to be looked at in a tab of its own. */
export function Sample({ planned }: { readonly planned: PruneSessionsResponse }): React.JSX.Element {
  const { action, count, messages, delegates, estimated_bytes: bytes } = planned;
  if (count === 0) return <p role="status">{CLEAN_UP.nothing}</p>;
  return (
    <div className="sample">
      <p role="status">
        {counted(count, 'conversation')}
        {delegates === 0 ? '' : ` ${CLEAN_UP.withDelegates(counted(delegates, 'delegate'))}`}{' '}
        {CLEAN_UP.withMessages(counted(messages, 'message'))}.{' '}
        {action === 'delete' ? CLEAN_UP.room(Math.ceil(bytes / 1_000_000).toLocaleString()) : null}
      </p>
      <ul className="going">
        <Named ids={planned.ids.slice(0, NAMED)} />
        {count > NAMED ? <li>{CLEAN_UP.more(count - NAMED)}</li> : null}
      </ul>
    </div>
  );
}

function Named({ ids }: { readonly ids: readonly string[] }): React.JSX.Element {
  const history = useHistory();
  const sessions = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['session', id, {}],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => history.get(id, {}, { signal }),
    })),
  });
  return (
    <>
      {ids.map((id, at) => {
        const session = sessions[at]?.data;
        return (
          <li key={id}>
            {session === undefined ? (
              id
            ) : (
              <a href={addressOfConversation(session)} target="_blank" rel="noreferrer" dir="auto">
                {headingOf(session)}
              </a>
            )}
            {session === undefined ? null : (
              <span className="quiet">
                {' '}
                {session.platform}, {counted(session.message_count, 'message')},{' '}
                {timeOf(session.last_active_at)}
              </span>
            )}
          </li>
        );
      })}
    </>
  );
}
