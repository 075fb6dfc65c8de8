import type { PruneSessionsResponse } from '@hermes-sessions/client';
import { useQueries } from '@tanstack/react-query';
import { addressOf } from '../api/address.js';
import { useHistory } from '../api/connection.js';
import { useThereIs } from '../api/there-is.js';
import { conversationQuery } from '../conversation/conversation-query.js';
import { headingOf } from '../list/conversation-row.js';
import { identityOf } from '../list/selection.js';
import { addressOfConversation } from '../view/use-view.js';
import { texts } from '../language/language.js';
import { timeOf } from '../language/times.js';

/** Number of conversations listed by name. */
const NAMED = 10;

/** The preview of a clean-up: its extent, and links to the first conversations, which open in a new tab. */
export function Sample({ planned }: { readonly planned: PruneSessionsResponse }): React.JSX.Element {
  const { action, count, messages, delegates, estimated_bytes: bytes } = planned;
  const { going, goingWithDelegates, room, nothing, more } = texts().cleanUp;
  if (count === 0) return <p role="status">{nothing}</p>;
  return (
    <div className="sample">
      <p role="status">
        {delegates === 0 ? going(count, messages) : goingWithDelegates(count, delegates, messages)}{' '}
        {action === 'delete' ? room(Math.ceil(bytes / 1_000_000)) : null}
      </p>
      <ul className="going">
        <Named conversations={planned.conversations.slice(0, NAMED)} />
        {count > NAMED ? <li>{more(count - NAMED)}</li> : null}
      </ul>
    </div>
  );
}

function Named({
  conversations,
}: {
  readonly conversations: PruneSessionsResponse['conversations'];
}): React.JSX.Element {
  const history = useHistory();
  const { profiles } = useThereIs(false);
  const sessions = useQueries({
    queries: conversations.map((one) => conversationQuery(history, one.id, addressOf(one))),
  });
  return (
    <>
      {conversations.map((conversation, at) => {
        const { id, profile, origin } = conversation;
        const session = sessions[at]?.data;
        return (
          <li key={identityOf(conversation)}>
            {session === undefined ? (
              id
            ) : (
              <a href={addressOfConversation(session)} target="_blank" rel="noreferrer" dir="auto">
                {headingOf(session)}
              </a>
            )}
            {origin === null ? null : <span className="quiet"> {origin}</span>}
            {profiles.length > 1 ? <span className="quiet"> {profile}</span> : null}
            {session === undefined ? null : (
              <span className="quiet">
                {' '}
                {texts().cleanUp.facts(
                  session.platform,
                  session.message_count,
                  timeOf(session.last_active_at),
                )}
              </span>
            )}
          </li>
        );
      })}
    </>
  );
}
