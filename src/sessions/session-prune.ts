import type { PruneCriteria } from './prune-criteria.js';
import type { SessionAccess, SessionOwner } from './session-access.js';
import type { BulkOutcome } from './session-bulk.js';

/** What pruning does to what it selects. */
export const PRUNE_ACTIONS = ['delete', 'archive'] as const;

export type PruneAction = (typeof PRUNE_ACTIONS)[number];

/** Which conversations are pruned, and how; an absent criterion selects all. Times are epoch seconds. */
export interface PruneSelection {
  /** Whose conversations may be selected: of a compression chain every member must be theirs. */
  readonly access: SessionAccess;
  /** A deletion takes delegates along; archiving does not. */
  readonly action: PruneAction;
  readonly platforms?: readonly string[];
  /** Conversations whose newest activity is older. */
  readonly lastActiveBefore?: number;
  /** Conversations with at most so many messages, over their whole compression chain. */
  readonly maxMessages?: number;
  /** Whether the conversation has a title. */
  readonly titled?: boolean;
  readonly archived?: boolean;
  readonly criteria?: PruneCriteria;
  /** Whether conversations that have not ended are selected as well. */
  readonly includeOpen: boolean;
  readonly includePinned: boolean;
}

/** A session that a prune takes, with all that speaks for or against it. Times are epoch seconds; null where unknown. */
export interface PlannedSession extends SessionOwner {
  readonly id: string;
  readonly lastActiveAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly pinned: boolean;
}

/** The sessions that go together. */
export interface PlannedSessions {
  /** The sessions of a conversation, those included that a race left beside its chain. */
  readonly members: readonly PlannedSession[];
  /** The sessions that worked for them, where they are deleted. */
  readonly delegates: readonly PlannedSession[];
}

/** A conversation as it was when it was selected. */
export interface PlannedConversation extends PlannedSessions {
  /** The session to resume. */
  readonly id: string;
  readonly profile: string;
  readonly origin: string | null;
  /** When its first session began, in epoch seconds; null where unknown. */
  readonly startedAt: number | null;
  /** Of members and delegates, without those that go with a conversation before this one. */
  readonly messages: number;
  /** Its last session as a dry run shows it; whether a plan is still the same does not depend on it. */
  readonly shown: PlannedEntry;
}

/** What is shown of a conversation that a prune would take. Times are epoch seconds; null where unknown. */
export interface PlannedEntry {
  readonly source: string;
  readonly title: string | null;
  readonly model: string | null;
  readonly startedAt: number | null;
  readonly lastActiveAt: number | null;
  /** As Hermes counts them. */
  readonly messageCount: number;
}

/** Conversations of a plan that are held at once, more than a run reaches; the others are counted. */
export const MOST_PLANNED = 20_000;

/** What would be pruned, oldest activity first. */
export interface PrunePlan {
  /** The first of them, {@link MOST_PLANNED} at most. */
  readonly conversations: readonly PlannedConversation[];
  readonly totals: PlanTotals;
  /** A word that names exactly this plan: who sends it has seen what would go, and it is still the same. */
  readonly token: string;
  /** What is selected and is no part of the plan, since Hermes alone can delete it. */
  readonly leftToHermes: readonly BulkOutcome[];
  /** Profiles from which nothing is selected because their history cannot be read at the moment. */
  readonly unavailableProfiles: readonly string[];
}

/** What a plan has in all. */
export interface PlanTotals {
  readonly conversations: number;
  /** The sessions that these are made of. */
  readonly members: number;
  /** Sessions that worked for them and go along, each counted once. */
  readonly delegates: number;
  readonly messages: number;
  /** Bytes of the history that these messages take, by their share of all. */
  readonly estimatedBytes: number;
  /** When the conversations were active last, and when the sessions began that are shown of them. */
  readonly activity: TimeSpan;
  readonly starts: TimeSpan;
}

/** The earliest and the latest of some times, in epoch seconds; null where none is known. */
export interface TimeSpan {
  readonly earliest: number | null;
  readonly latest: number | null;
}
