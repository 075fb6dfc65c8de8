import { Groups } from '../../../sessions/lineage/groups.js';
import { conversationOf, type Conversation, type LineageSource } from '../../../sessions/lineage/lineage.js';
import { OwnedLineage } from '../../../sessions/lineage/owned-lineage.js';
import { conversationFacts } from '../../read-model/conversation-facts.js';
import type { ConversationEntity, SessionEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';

export type StoredSession = RowOf<SessionEntity>;
type StoredConversation = RowOf<ConversationEntity>;

/** Some sessions of a history, by id, as input for the lineage rules. */
export class StoredLineage implements LineageSource<StoredSession> {
  readonly #byId = new Map<string, StoredSession>();
  readonly #children = new Groups<StoredSession>();

  constructor(sessions: Iterable<StoredSession>) {
    for (const session of sessions) {
      this.#byId.set(session.id, session);
      this.#children.add(session.parentId, session);
    }
  }

  get sessions(): Iterable<StoredSession> {
    return this.#byId.values();
  }

  node(id: string): StoredSession | undefined {
    return this.#byId.get(id);
  }

  children(id: string): readonly StoredSession[] {
    return this.#children.of(id);
  }
}

/** The data derived from some sessions and their relatives. */
export interface Derivation {
  /** Each session with its chain columns computed. */
  readonly sessions: ReadonlyMap<string, StoredSession>;
  /** Their conversations, by root id. */
  readonly conversations: ReadonlyMap<string, DerivedConversation>;
}

/** A list entry and its sessions, including those that a race left beside the chain. */
export interface DerivedConversation {
  readonly row: StoredConversation;
  readonly tip: StoredSession;
  readonly root: StoredSession;
  readonly members: readonly StoredSession[];
}

/**
 * Derives chains, owners and conversations of `subjects`.
 * @param lineage contains the subjects, all sessions that are or were in a chain with one of them, and the parents of all these.
 */
export function derive(lineage: StoredLineage, subjects: ReadonlySet<string>): Derivation {
  const sessions = new Map<string, StoredSession>();
  const conversations = new Map<string, DerivedConversation>();
  const owned = new OwnedLineage(asNamed(lineage));
  for (const id of subjects) {
    const session = owned.node(id);
    if (session === undefined || sessions.has(id)) continue;
    const conversation = conversationOf(owned, session);
    const { root, tip, members, length, isListed } = conversation;
    for (const member of members) {
      sessions.set(member.id, {
        ...member,
        rootId: root.id,
        rootNumber: root.number,
        chainLength: length,
        isEntry: isListed && member.id === tip.id,
      });
    }
    if (isListed) conversations.set(root.id, derivedFrom(conversation));
  }
  return { sessions, conversations };
}

/** The same sessions with the users that their own rows name. */
function asNamed({ sessions }: StoredLineage): StoredLineage {
  return new StoredLineage([...sessions].map((session) => ({ ...session, userId: session.namedUserId })));
}

function derivedFrom(conversation: Conversation<StoredSession>): DerivedConversation {
  const { root, tip, members } = conversation;
  const facts = conversationFacts(conversation);
  const row: StoredConversation = {
    historyId: root.historyId,
    rootId: root.id,
    number: root.number,
    tipId: tip.id,
    ...facts,
    platforms: [...facts.platforms],
    bytes: members.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
  return { row, root, tip, members };
}
