import { isSameFact, type SessionFact } from './session-fact.js';
import type { IndexedSession } from './session-table.js';

/** What the index knew of a session at a moment, and of the conversation that it is the entry of. */
export interface SessionState {
  readonly fact: SessionFact;
  /** The conversation, where this session is its entry in the list. */
  readonly conversation: ConversationState | undefined;
  /** The session that its conversation goes on in; itself where it is the entry, or where there is none. */
  readonly tipId: string;
  /** The first session of its compression chain. */
  readonly rootId: string;
}

/** What a list shows of a conversation beside its tip's own row. */
export interface ConversationState {
  readonly origin: SessionFact;
  readonly members: readonly SessionFact[];
  readonly lastActiveAt: number;
  readonly length: number;
}

/** A session that is not as it was: added where there is no `before`, gone where there is no `after`. */
export interface SessionChange {
  readonly id: string;
  readonly before: SessionState | undefined;
  readonly after: SessionState | undefined;
}

/** What is known of some sessions now, by their ids; nothing of those whose chain is not worked out. */
export function statesOf(sessions: Iterable<IndexedSession>): ReadonlyMap<string, SessionState> {
  const states = new Map<string, SessionState>();
  for (const session of sessions) {
    if (session.chain.length > 0) states.set(session.fact.id, stateOf(session));
  }
  return states;
}

/** The sessions that differ between two moments. */
export function changesBetween(
  before: ReadonlyMap<string, SessionState>,
  after: ReadonlyMap<string, SessionState>,
): readonly SessionChange[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids]
    .map((id) => ({ id, before: before.get(id), after: after.get(id) }))
    .filter((change) => !isSameState(change.before, change.after));
}

function stateOf({ fact, chain }: IndexedSession): SessionState {
  const { entry, root, members, length } = chain;
  const isEntry = entry?.session.fact === fact;
  return {
    fact,
    conversation: isEntry
      ? {
          origin: root.fact,
          members: members.map((member) => member.fact),
          lastActiveAt: entry.lastActiveAt,
          length,
        }
      : undefined,
    tipId: entry?.session.fact.id ?? fact.id,
    rootId: root.fact.id,
  };
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
  return isSameFact(a.origin, b.origin) && a.lastActiveAt === b.lastActiveAt && a.length === b.length;
}
