import type { SessionUsage } from '../domain/session.js';

/** A number that has to lie within bounds, both included; an absent one does not bound. */
export interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

/** Columns of Hermes's rows that nothing but a clean-up compares, each with a text. */
export interface RowCriteria {
  /** The folder that the session works in, or one above it. */
  readonly folder?: string;
  /** Of the model, in whatever case. */
  readonly provider?: string;
  readonly chatId?: string;
  readonly chatType?: string;
  /** What the branch of the working copy contains, in whatever case. */
  readonly branch?: string;
}

/**
 * What a clean-up can ask for beyond age, platform, size and flags; an absent criterion selects all. What is counted is counted over all
 * members of a conversation; its title, model and end are those that lists show.
 */
export interface PruneCriteria {
  /** Epoch seconds. */
  readonly startedBefore?: number;
  readonly startedFrom?: number;
  /** Contained, in whatever case. */
  readonly title?: string;
  readonly model?: string;
  readonly endReason?: string;
  readonly userId?: string;
  /** As Hermes counts them. */
  readonly messages?: Bounds;
  /** Input and output together. */
  readonly tokens?: Bounds;
  /** US dollars, estimated where the actual cost is not known. */
  readonly cost?: Bounds;
  readonly toolCalls?: Bounds;
  /** What every member's row has to hold. */
  readonly row?: RowCriteria;
}

/** What the criteria look at in a session. */
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

/** A conversation as the criteria see it. */
export interface CriteriaConversation<S extends CriteriaSubject = CriteriaSubject> {
  readonly root: S;
  readonly tip: S;
  readonly members: readonly S[];
}

/** Whether the criteria hold of a conversation, but for those of its rows, which a store looks up. */
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
