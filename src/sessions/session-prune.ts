import { createHash } from 'node:crypto';
import type { SessionAccess } from './session-access.js';

/** What pruning does to what it selects. */
export const PRUNE_ACTIONS = ['delete', 'archive'] as const;

export type PruneAction = (typeof PRUNE_ACTIONS)[number];

/** How long a prune goes on before it answers, in milliseconds: proxies give up on an answer after half a minute or more. */
export const PRUNE_LIMIT = 20_000;

/** Which conversations are pruned; an absent criterion selects all. Times are epoch seconds. */
export interface PruneSelection {
  /** Whose conversations may be selected: of a compression chain every member must be theirs. */
  readonly access: SessionAccess;
  readonly platforms?: readonly string[];
  /** Conversations whose newest activity is older. */
  readonly lastActiveBefore?: number;
  /** Conversations with at most so many messages, over their whole compression chain. */
  readonly maxMessages?: number;
  /** Whether the conversation has a title. */
  readonly titled?: boolean;
  readonly archived?: boolean;
  /** Whether conversations that have not ended are selected as well. */
  readonly includeOpen: boolean;
  readonly includePinned: boolean;
}

/** A conversation as it was when it was selected. */
export interface PlannedConversation {
  /** The session to resume. */
  readonly id: string;
  readonly profile: string;
  readonly origin: string | null;
  /** The sessions of its compression chain, and their newest activity in epoch seconds. */
  readonly members: readonly { readonly id: string; readonly lastActiveAt: number | null }[];
  readonly messages: number;
}

/** What would be pruned, oldest activity first. */
export interface PrunePlan {
  readonly conversations: readonly PlannedConversation[];
  readonly messages: number;
  /** Bytes of the history that these messages take, by their share of all. */
  readonly estimatedBytes: number;
  /** Profiles from which nothing is selected because their history cannot be read at the moment. */
  readonly unavailableProfiles: readonly string[];
}

/** A word that names exactly this plan: who sends it has seen what would go, and it is still the same. */
export function planToken(plan: PrunePlan, action: PruneAction): string {
  return createHash('sha256')
    .update(JSON.stringify([action, plan.conversations]))
    .digest('base64url')
    .slice(0, 32);
}
