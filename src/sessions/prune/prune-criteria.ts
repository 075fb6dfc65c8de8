import type { SessionUsage } from '../../domain/session.js';

/** Inclusive bounds of a number; an absent one does not limit it. */
export interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

/** Columns of Hermes's rows that only prunes compare, each with a text. */
export interface RowCriteria {
  /** The folder that the session works in, or a folder above it. */
  readonly folder?: string;
  /** The model's provider, ignoring case. */
  readonly provider?: string;
  readonly chatId?: string;
  readonly chatType?: string;
  /** A part of the working copy's branch name, ignoring case. */
  readonly branch?: string;
}

/**
 * Criteria of a prune beyond age, platform, size and flags; an absent one selects all. Counts are summed over all members of a
 * conversation; title, model and end reason are those that lists show.
 */
export interface PruneCriteria {
  /** Epoch seconds. */
  readonly startedBefore?: number;
  readonly startedFrom?: number;
  /** A part of it, ignoring case. */
  readonly title?: string;
  readonly model?: string;
  readonly endReason?: string;
  readonly userId?: string;
  /** As counted by Hermes. */
  readonly messages?: Bounds;
  /** Input and output tokens together. */
  readonly tokens?: Bounds;
  /** US dollars, estimated if the actual cost is unknown. */
  readonly cost?: Bounds;
  readonly toolCalls?: Bounds;
  /** Must hold for the row of every member. */
  readonly row?: RowCriteria;
}

/** The properties of a session that the criteria compare. */
export interface CriteriaSubject extends Pick<
  SessionUsage,
  'inputTokens' | 'outputTokens' | 'estimatedCost' | 'actualCost'
> {
  readonly title: string | null;
  readonly model: string | null;
  readonly userId: string | null;
  readonly startedAt: number | null;
  readonly endReason: string | null;
  readonly messageCount: number;
  readonly toolCallCount: number;
}

/** A conversation, as input for the criteria. */
export interface CriteriaConversation<S extends CriteriaSubject = CriteriaSubject> {
  readonly root: S;
  readonly tip: S;
  readonly members: readonly S[];
}

/** Whether a conversation satisfies the criteria, without those on its rows, which the store checks. */
export function satisfies(
  { startedBefore, startedFrom, title, model, endReason, userId, ...counted }: PruneCriteria,
  { root, tip, members }: CriteriaConversation,
): boolean {
  const start = root.startedAt;
  return (
    (startedBefore === undefined || (start !== null && start < startedBefore)) &&
    (startedFrom === undefined || (start !== null && start >= startedFrom)) &&
    contains(tip.title ?? root.title, title) &&
    contains(tip.model, model) &&
    (endReason === undefined || tip.endReason === endReason) &&
    (userId === undefined || members.every((member) => member.userId === userId)) &&
    isWithin(members, counted.messages, ({ messageCount }) => messageCount) &&
    isWithin(
      members,
      counted.tokens,
      ({ inputTokens, outputTokens }) => (inputTokens ?? 0) + (outputTokens ?? 0),
    ) &&
    isWithin(members, counted.cost, ({ actualCost, estimatedCost }) => actualCost ?? estimatedCost ?? 0) &&
    isWithin(members, counted.toolCalls, ({ toolCallCount }) => toolCallCount)
  );
}

function contains(text: string | null, part: string | undefined): boolean {
  return part === undefined || (text ?? '').toLowerCase().includes(part.toLowerCase());
}

function isWithin(
  members: readonly CriteriaSubject[],
  bounds: Bounds | undefined,
  countOf: (member: CriteriaSubject) => number,
): boolean {
  if (bounds === undefined) return true;
  const count = members.reduce((sum, member) => sum + countOf(member), 0);
  return count >= (bounds.least ?? -Infinity) && count <= (bounds.most ?? Infinity);
}
