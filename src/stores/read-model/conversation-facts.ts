import type { Conversation, LineageNode } from '../../sessions/lineage/lineage.js';

/** What is needed of a conversation's session, besides the lineage rules. */
interface ConversationMember extends LineageNode {
  readonly title: string | null;
  readonly model: string | null;
  readonly storedMessages: number;
}

/** The facts of a conversation that lists compare and filter. Unknown times are -1, because null cannot be ordered. */
export interface ConversationFacts {
  readonly startedOrder: number;
  readonly activeOrder: number;
  readonly platform: string;
  readonly userId: string | null;
  readonly archived: boolean;
  readonly model: string | null;
  readonly isEnded: boolean;
  readonly isTitled: boolean;
  readonly isPinned: boolean;
  /** Messages of all members. */
  readonly messages: number;
  readonly chainLength: number;
  /** The owner of all members; null if they differ or there is none. */
  readonly ownerId: string | null;
  /** The platforms of all members. */
  readonly platforms: readonly string[];
}

/** Derives a list entry from a conversation: identity and activity come from the chain's tip, origin and flags from its root. */
export function conversationFacts(conversation: Conversation<ConversationMember>): ConversationFacts {
  const { root, tip, members, length, lastActiveAt, isEnded } = conversation;
  const users = new Set(members.map(({ userId }) => userId));
  return {
    startedOrder: root.startedAt ?? -1,
    activeOrder: lastActiveAt ?? -1,
    platform: root.source,
    userId: root.userId,
    archived: root.archived,
    model: tip.model,
    isEnded,
    isTitled: (tip.title ?? root.title) !== null,
    isPinned: members.some(({ pinned }) => pinned),
    messages: members.reduce((sum, { storedMessages }) => sum + storedMessages, 0),
    chainLength: length,
    ownerId: users.size === 1 ? root.userId : null,
    platforms: [...new Set(members.map(({ source }) => source))].sort(),
  };
}
