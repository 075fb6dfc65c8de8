import type { SessionDetailResponse } from '@hermes-sessions/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { addressOf } from '../api/address.js';
import { useHistory } from '../api/connection.js';
import { headingOf } from '../list/conversation-row.js';
import { conversationQuery } from './conversation-query.js';
import { openConversation } from '../view/use-view.js';
import { texts } from '../language/language.js';
import { timeOf } from '../language/times.js';

/** Number of related sessions listed with their titles before the user expands the list: an agent may have hundreds of delegates. */
const NAMED = 8;

/** The facts about a conversation, and its related sessions. */
export function ConversationFacts({
  session,
}: {
  readonly session: SessionDetailResponse;
}): React.JSX.Element {
  const { usage, chain_length: length } = session;
  const tokens = (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
  return (
    <p className="facts">
      {session.archived ? <span className="tag">{texts().reading.archived}</span> : null}
      <span>{session.platform}</span>
      {session.model === null ? null : <span>{session.model}</span>}
      {session.user_id === null ? null : <span>{session.user_id}</span>}
      <span>{texts().reading.begun(timeOf(session.started_at))}</span>
      <span>{texts().counts.turns(session.turn_count)}</span>
      {tokens === 0 ? null : <span>{texts().counts.tokens(tokens)}</span>}
      {length > 1 ? <span>{texts().reading.compressed(length - 1)}</span> : null}
      <Relatives session={session} />
    </p>
  );
}

/**
 * Links to related sessions that are not part of the transcript: the origin of a branch, delegates and branches, and where the conversation
 * continues.
 */
function Relatives({ session }: { readonly session: SessionDetailResponse }): React.JSX.Element | null {
  const history = useHistory();
  const [isWhole, setWhole] = useState(false);
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
  const { goesOn, cameFrom, ledTo } = texts().reading;
  const relatives = [
    ...(tip === id ? [] : [{ other: tip, label: goesOn }]),
    ...(parent === null ? [] : [{ other: parent, label: cameFrom }]),
    ...children.map((child) => ({ other: child, label: ledTo })),
  ];
  const others = relatives.length - NAMED;
  return (
    <>
      {relatives.slice(0, isWhole ? undefined : NAMED).map(({ other, label }, at) => (
        <SessionLink key={other} id={other} session={session} label={label} isNamed={at < NAMED} />
      ))}
      {isWhole || others <= 0 ? null : (
        <button
          type="button"
          className="link"
          onClick={() => {
            setWhole(true);
          }}
        >
          {texts().reading.otherRelatives(others)}
        </button>
      )}
    </>
  );
}

/** Whether there are related sessions to request: most conversations have none. */
function hasRelatives(session: SessionDetailResponse): boolean {
  const { chain_length: length, parent_session_id: parent, child_session_ids: children } = session;
  return length > 1 || parent !== null || children.length > 0;
}

function SessionLink({
  id,
  session,
  label,
  isNamed,
}: {
  readonly id: string;
  readonly session: SessionDetailResponse;
  readonly label: (other: string) => string;
  /** Whether to request its title; otherwise its id is shown. */
  readonly isNamed: boolean;
}): React.JSX.Element {
  const history = useHistory();
  const address = addressOf(session);
  const { data: other } = useQuery({ ...conversationQuery(history, id, address), enabled: isNamed });
  return (
    <button
      type="button"
      className="link"
      onClick={() => {
        openConversation({ ...session, id });
      }}
    >
      {label(other === undefined ? id : headingOf(other))}
    </button>
  );
}
