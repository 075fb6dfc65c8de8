import type { SessionDetailResponse } from '@hermes-sessions/client';
import { useQuery } from '@tanstack/react-query';
import { addressOf } from '../api/address.js';
import { useHistory } from '../api/connection.js';
import { openConversation } from '../view/use-view.js';
import { counted, timeOf } from '../words.js';

/** What is known of a conversation, and where it came from and led to. */
export function ConversationFacts({
  session,
}: {
  readonly session: SessionDetailResponse;
}): React.JSX.Element {
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
      <Relatives session={session} />
    </p>
  );
}

/** Links to what belongs to the conversation without being shown in it: what it branched off, what it led to, and where it goes on. */
function Relatives({ session }: { readonly session: SessionDetailResponse }): React.JSX.Element | null {
  const history = useHistory();
  const { id, tip_session_id: tip, profile, origin } = session;
  const { data: chain } = useQuery({
    queryKey: ['session', id, profile, origin, 'chain'],
    queryFn: () => history.chain(id, addressOf(session)),
    enabled: hasRelatives(session),
  });
  if (chain === undefined) return null;
  const own = new Set([...chain.map((part) => part.id), tip]);
  const parent = chain[0]?.parent_session_id ?? null;
  const children = chain.flatMap((part) => part.child_session_ids).filter((child) => !own.has(child));
  return (
    <>
      {tip === id ? null : <SessionLink id={tip} session={session} label="compressed, and goes on in" />}
      {parent === null ? null : <SessionLink id={parent} session={session} label="came from" />}
      {children.map((child) => (
        <SessionLink key={child} id={child} session={session} label="led to" />
      ))}
    </>
  );
}

/** Whether there is anybody to ask for: most conversations are by themselves. */
function hasRelatives(session: SessionDetailResponse): boolean {
  const { chain_length: length, parent_session_id: parent, child_session_ids: children } = session;
  return length > 1 || parent !== null || children.length > 0;
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
        openConversation({ ...session, id });
      }}
    >
      {label} {id}
    </button>
  );
}
