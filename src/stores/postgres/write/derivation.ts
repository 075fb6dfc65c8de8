import {
  chainFamily,
  chainFrom,
  chainRoot,
  isListed,
  type LineageNode,
  type LineageSource,
} from '../../../sessions/lineage/lineage.js';
import type { ConversationEntity, SessionEntity } from '../schema/entities.js';
import type { RowOf } from '../schema/entity-rows.js';

export type StoredSession = RowOf<SessionEntity>;
type StoredConversation = RowOf<ConversationEntity>;

/** Some sessions of a history, by their ids, as the rules of lineage look at them. */
export class StoredLineage implements LineageSource {
  readonly #byId = new Map<string, StoredSession>();
  readonly #children = new Map<string, StoredSession[]>();

  constructor(sessions: Iterable<StoredSession>) {
    for (const session of sessions) {
      this.#byId.set(session.id, session);
      if (session.parentId === null) continue;
      const siblings = this.#children.get(session.parentId);
      if (siblings === undefined) this.#children.set(session.parentId, [session]);
      else siblings.push(session);
    }
  }

  get sessions(): Iterable<StoredSession> {
    return this.#byId.values();
  }

  session(id: string): StoredSession | undefined {
    return this.#byId.get(id);
  }

  node(id: string): LineageNode | undefined {
    return this.#byId.get(id);
  }

  children(id: string): readonly LineageNode[] {
    return this.#children.get(id) ?? [];
  }
}

/** What follows from some sessions and their relatives. */
export interface Derivation {
  /** Each session with its chain worked out. */
  readonly sessions: ReadonlyMap<string, StoredSession>;
  /** The conversations that they make, by their first sessions. */
  readonly conversations: ReadonlyMap<string, DerivedConversation>;
}

/** An entry of the list, and the sessions that it is made of, those included that a race left beside the chain. */
export interface DerivedConversation {
  readonly row: StoredConversation;
  readonly tip: StoredSession;
  readonly root: StoredSession;
  readonly members: readonly StoredSession[];
}

/**
 * Works out chains and conversations of `subjects`.
 * @param lineage has them, all sessions that are or were in a chain with one of them, and the parents of all of these.
 */
export function derive(lineage: StoredLineage, subjects: ReadonlySet<string>): Derivation {
  const sessions = new Map<string, StoredSession>();
  const conversations = new Map<string, DerivedConversation>();
  for (const id of subjects) {
    const session = lineage.session(id);
    if (session === undefined || sessions.has(id)) continue;
    const chain = chainOf(lineage, session);
    for (const member of chain.members) {
      const isEntry = chain.isListed && member.id === chain.tip.id;
      sessions.set(member.id, {
        ...member,
        rootId: chain.root.id,
        rootNumber: chain.root.number,
        chainLength: chain.length,
        isEntry,
      });
    }
    if (chain.isListed) conversations.set(chain.root.id, toConversation(chain));
  }
  return { sessions, conversations };
}

interface Chain {
  readonly root: StoredSession;
  readonly tip: StoredSession;
  readonly members: readonly StoredSession[];
  readonly length: number;
  readonly isListed: boolean;
  /** Epoch seconds; -1 where unknown. */
  readonly lastActiveAt: number;
}

function chainOf(lineage: StoredLineage, session: StoredSession): Chain {
  const root = lineage.session(chainRoot(lineage, session).id) ?? session;
  const path = chainFrom(lineage, root);
  const tip = lineage.session(path.at(-1)?.id ?? '') ?? root;
  const members = chainFamily(lineage, root).flatMap((node) => lineage.session(node.id) ?? []);
  const common = {
    root,
    tip,
    length: path.length,
    lastActiveAt: Math.max(...path.map((node) => node.lastActiveAt ?? -1)),
  };
  // In a cycle that others lead into, a session can be outside the family of its root.
  if (!members.includes(session)) return { ...common, members: [session], isListed: false };
  return { ...common, members, isListed: isListed(lineage, root, tip) };
}

function toConversation({ root, tip, members, length, lastActiveAt }: Chain): DerivedConversation {
  const users = new Set(members.map(({ userId }) => userId));
  const row: StoredConversation = {
    historyId: root.historyId,
    rootId: root.id,
    number: root.number,
    tipId: tip.id,
    startedOrder: root.startedAt ?? -1,
    activeOrder: lastActiveAt,
    platform: root.source,
    userId: root.userId,
    archived: root.archived,
    model: tip.model,
    isEnded: tip.endedAt !== null,
    isTitled: tip.title !== null,
    isPinned: members.some(({ pinned }) => pinned),
    messages: members.reduce((sum, { storedMessages }) => sum + storedMessages, 0),
    bytes: members.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    chainLength: length,
    ownerId: users.size === 1 ? root.userId : null,
    platforms: [...new Set(members.map(({ source }) => source))].sort(),
  };
  return { row, root, tip, members };
}
