import type { PruneCriteria } from './prune-criteria.js';
import type { SessionAccess, SessionOwner } from '../../domain/access.js';
import type { BulkOutcome } from '../bulk/session-bulk.js';

/** What a prune does to the selected conversations. */
export const PRUNE_ACTIONS = ['delete', 'archive'] as const;

export type PruneAction = (typeof PRUNE_ACTIONS)[number];

/** The selection of a prune; an absent criterion selects all. Times are epoch seconds. */
export interface PruneSelection {
  /** The caller's access: of a compression chain every member must be visible. */
  readonly access: SessionAccess;
  /** A deletion includes delegates; archiving does not. */
  readonly action: PruneAction;
  readonly platforms?: readonly string[];
  /** Conversations whose newest activity is before this time. */
  readonly lastActiveBefore?: number;
  /** Conversations with at most this many messages over their whole compression chain. */
  readonly maxMessages?: number;
  /** Whether the conversation has a title. */
  readonly titled?: boolean;
  readonly archived?: boolean;
  readonly criteria?: PruneCriteria;
  /** Whether open conversations are selected, too. */
  readonly includeOpen: boolean;
  readonly includePinned: boolean;
}

/** A session of a plan, with everything that decides about pruning it. Times are epoch seconds; null if unknown. */
export interface PlannedSession extends SessionOwner {
  readonly id: string;
  readonly lastActiveAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly pinned: boolean;
}

/** The sessions that are pruned together. */
export interface PlannedSessions {
  /** The sessions of a conversation, including those that a race left beside its chain. */
  readonly members: readonly PlannedSession[];
  /** The sessions that worked for them, if they are deleted. */
  readonly delegates: readonly PlannedSession[];
}

/** A conversation as it was when it was selected. */
export interface PlannedConversation extends PlannedSessions {
  /** The session to resume. */
  readonly id: string;
  readonly profile: string;
  readonly origin: string | null;
  /** Start of its first session, in epoch seconds; null if unknown. */
  readonly startedAt: number | null;
  /** Messages of members and delegates, without those counted for an earlier conversation. */
  readonly messages: number;
  /** Its last session, for a dry run; not part of the comparison with the plan. */
  readonly shown: PlannedEntry;
}

/** What a dry run shows of a conversation. Times are epoch seconds; null if unknown. */
export interface PlannedEntry {
  readonly source: string;
  readonly title: string | null;
  readonly model: string | null;
  readonly startedAt: number | null;
  readonly lastActiveAt: number | null;
  /** As counted by Hermes. */
  readonly messageCount: number;
}

/** Most conversations of a plan that are held in memory, more than a run can process; the others are only counted. */
export const MOST_PLANNED = 20_000;

/** The conversations to prune, oldest activity first. */
export interface PrunePlan {
  /** The first of them, at most {@link MOST_PLANNED}. */
  readonly conversations: readonly PlannedConversation[];
  readonly totals: PlanTotals;
  /** Identifies exactly this plan: a caller who sends it has seen what would be pruned, and nothing has changed. */
  readonly token: string;
  /** Selected sessions that are not part of the plan, because only Hermes can delete them. */
  readonly leftToHermes: readonly BulkOutcome[];
  /** Profiles that are not included because their history cannot be read at the moment. */
  readonly unavailableProfiles: readonly string[];
}

/** The totals of a plan. */
export interface PlanTotals {
  readonly conversations: number;
  /** Number of the conversations' sessions. */
  readonly members: number;
  /** Number of delegates that are deleted along, each counted once. */
  readonly delegates: number;
  readonly messages: number;
  /** Estimated size of these messages in bytes, by their share of the history. */
  readonly estimatedBytes: number;
  /** The span of the conversations' newest activity, and of the starts of their shown sessions. */
  readonly activity: TimeSpan;
  readonly starts: TimeSpan;
}

/** The earliest and the latest time, in epoch seconds; null if none is known. */
export interface TimeSpan {
  readonly earliest: number | null;
  readonly latest: number | null;
}
