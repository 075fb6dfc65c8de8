import type { KnownSession, KnownSessions } from './known-sessions.js';
import { isSameFact, type SessionFact } from './session-fact.js';

/** What the index knew of a session at one time, and of the conversation that it is the entry of. */
export interface SessionState {
  readonly fact: SessionFact;
  /** The conversation, if this session is its entry in the list. */
  readonly conversation: ConversationState | undefined;
  /** The session that its conversation continues in; its own id if it is the entry, or in no conversation. */
  readonly tipId: string;
  /** The first session of its compression chain, and the number of sessions from there to the tip. */
  readonly rootId: string;
  readonly chainLength: number;
}

/** What a list shows of a conversation besides its tip's own row. */
interface ConversationState {
  readonly origin: SessionFact;
  readonly members: readonly SessionFact[];
  readonly lastActiveAt: number;
  readonly length: number;
}

/** A session that changed: added if there is no `before`, gone if there is no `after`. */
export interface SessionChange {
  readonly id: string;
  readonly before: SessionState | undefined;
  readonly after: SessionState | undefined;
}

/** What is currently known of a session. */
export function stateOf(known: KnownSessions, session: KnownSession): SessionState {
  const { rootNumber, familyNumber, chainLength } = session;
  const conversation = known.conversation(familyNumber);
  const isEntry = conversation?.tipId === session.id;
  const root = rootNumber === session.number ? session : known.byNumber(rootNumber);
  return {
    fact: session,
    conversation: isEntry
      ? {
          origin: root ?? session,
          members: known.members(familyNumber),
          lastActiveAt: conversation.lastActiveAt,
          length: conversation.length,
        }
      : undefined,
    tipId: conversation?.tipId ?? session.id,
    rootId: root?.id ?? session.id,
    chainLength,
  };
}

/** The sessions that differ between two states. */
export function changesBetween(
  before: ReadonlyMap<string, SessionState>,
  after: ReadonlyMap<string, SessionState>,
): readonly SessionChange[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids]
    .map((id) => ({ id, before: before.get(id), after: after.get(id) }))
    .filter((change) => !isSameState(change.before, change.after));
}

function isSameState(a: SessionState | undefined, b: SessionState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    isSameFact(a.fact, b.fact) &&
    a.tipId === b.tipId &&
    a.rootId === b.rootId &&
    isSameConversation(a.conversation, b.conversation)
  );
}

function isSameConversation(a: ConversationState | undefined, b: ConversationState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    isSameFact(a.origin, b.origin) &&
    a.lastActiveAt === b.lastActiveAt &&
    a.length === b.length &&
    a.members.length === b.members.length &&
    a.members.every((member, at) => isListedAlike(member, b.members[at]))
  );
}

/** Whether a member of a conversation counts the same for filters and keys. */
function isListedAlike(a: SessionFact, b: SessionFact | undefined): boolean {
  return a.title === b?.title && a.source === b.source && a.userId === b.userId;
}
