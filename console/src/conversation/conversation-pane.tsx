import { useQuery } from '@tanstack/react-query';
import { ConversationHeader } from '../actions/conversation-header.js';
import { openAddress } from '../api/address.js';
import { useHistory } from '../api/connection.js';
import { Problem } from '../problem.js';
import type { View } from '../view/view.js';
import { MessageList } from './message-list.js';

/** The open conversation. */
export function ConversationPane({ view }: { readonly view: View }): React.JSX.Element {
  const history = useHistory();
  const address = openAddress(view);
  const session = useQuery({
    queryKey: ['session', view.session, address],
    queryFn: ({ signal }) => history.get(view.session, address, { signal }),
  });
  return (
    <section className="conversation" aria-label="Conversation">
      {session.data === undefined ? null : <ConversationHeader session={session.data} />}
      {session.error === null ? null : (
        <Problem error={session.error} onRetry={() => void session.refetch()} />
      )}
      {session.isLoading ? <p className="hint">Loading…</p> : null}
      {session.data === undefined ? null : (
        <MessageList id={view.session} address={address} message={view.message} />
      )}
    </section>
  );
}
