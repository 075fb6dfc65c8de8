import type { SessionDetailResponse, UpdateSessionBody } from '@hermes-sessions/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { Problem } from '../problem.js';
import { show } from '../view/use-view.js';
import { counted, timeOf } from '../words.js';
import { chainOf } from './chain.js';
import { ConfirmDeletion } from './confirm-deletion.js';
import { ExportMenu } from './export-menu.js';
import { Title } from './title.js';

/** What is known of the open conversation, and what can be done with it. */
export function ConversationHeader({
  session,
}: {
  readonly session: SessionDetailResponse;
}): React.JSX.Element {
  const history = useHistory();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const address = {
    profile: session.profile,
    ...(session.origin === null ? {} : { origin: session.origin }),
  };
  const readAgain = (): Promise<void> => queries.invalidateQueries();
  const update = useMutation({
    mutationFn: (changes: UpdateSessionBody) => history.update(session.id, changes, address),
    onSuccess: readAgain,
  });
  const remove = useMutation({
    mutationFn: async () => {
      for (const id of await chainOf(history, session)) await history.delete(id, address);
    },
    onSuccess: async () => {
      show({ session: '', sessionProfile: '', sessionOrigin: '', message: undefined });
      await readAgain();
    },
  });
  return (
    <header className="conversation-header">
      <button
        type="button"
        className="back"
        aria-label="Back to the list"
        onClick={() => {
          show({ session: '', sessionProfile: '', sessionOrigin: '', message: undefined });
        }}
      >
        ←
      </button>
      <Title
        title={session.title}
        fallback={session.preview === '' ? session.id : session.preview}
        onRename={(title) => {
          update.mutate({ title });
        }}
      />
      <div className="actions">
        <button
          type="button"
          aria-pressed={session.pinned}
          onClick={() => {
            update.mutate({ pinned: !session.pinned });
          }}
        >
          {session.pinned ? 'Unpin' : 'Pin'}
        </button>
        <button
          type="button"
          onClick={() => {
            update.mutate({ archived: !session.archived });
          }}
        >
          {session.archived ? 'Unarchive' : 'Archive'}
        </button>
        <ExportMenu session={session} address={address} />
        <button
          type="button"
          className="danger"
          onClick={() => {
            setAsking(true);
          }}
        >
          Delete…
        </button>
      </div>
      <Facts session={session} />
      {[update.error, remove.error].map((error, at) =>
        error === null ? null : <Problem key={at} error={error} />,
      )}
      <ConfirmDeletion
        isOpen={isAsking}
        what="this conversation"
        onAnswer={(isMeant) => {
          setAsking(false);
          if (isMeant) remove.mutate();
        }}
      />
    </header>
  );
}

function Facts({ session }: { readonly session: SessionDetailResponse }): React.JSX.Element {
  const { usage, chain_length: length } = session;
  const tokens = (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
  return (
    <p className="facts">
      <span>{session.platform}</span>
      {session.model === null ? null : <span>{session.model}</span>}
      {session.user_id === null ? null : <span>{session.user_id}</span>}
      <span>begun {timeOf(session.started_at)}</span>
      <span>{counted(session.turn_count, 'turn')}</span>
      {tokens === 0 ? null : <span>{counted(tokens, 'token')}</span>}
      {length > 1 ? <span>compressed {counted(length - 1, 'time')}</span> : null}
      {session.parent_session_id === null || length > 1 ? null : (
        <SessionLink id={session.parent_session_id} session={session} label="came from" />
      )}
      {session.child_session_ids.map((id) => (
        <SessionLink key={id} id={id} session={session} label="led to" />
      ))}
    </p>
  );
}

function SessionLink({
  id,
  session,
  label,
}: {
  readonly id: string;
  readonly session: SessionDetailResponse;
  readonly label: string;
}): React.JSX.Element {
  return (
    <button
      type="button"
      className="link"
      onClick={() => {
        show({
          session: id,
          sessionProfile: session.profile,
          sessionOrigin: session.origin ?? '',
          message: undefined,
        });
      }}
    >
      {label} {id}
    </button>
  );
}
