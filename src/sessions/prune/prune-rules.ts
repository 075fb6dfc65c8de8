import { DomainError } from '../../domain/errors.js';
import { newest } from '../lineage/lineage.js';
import { satisfies, type CriteriaConversation, type CriteriaSubject } from './prune-criteria.js';
import { mayKnow, mayTake } from '../../domain/access.js';
import type { PlannedEntry, PlannedSession, PlannedSessions, PruneSelection } from './session-prune.js';

/** A session that a prune may affect, with its number of messages. */
export interface PruneCandidate extends PlannedSession, CriteriaSubject {
  readonly userId: string | null;
  readonly endReason: string | null;
  readonly storedMessages: number;
}

/** A conversation of a delegate, of which a prune would delete a part. */
export interface TouchedConversation {
  readonly members: readonly { readonly id: string }[];
  readonly isListed: boolean;
}

/** Gives a plan access to the delegates of a conversation. */
export interface DelegateSource<S> {
  /** The sessions that a deletion of some sessions would take along. */
  delegatesOf(ids: readonly string[]): readonly S[];
  /** The conversation that a delegate belongs to. */
  conversationOf(delegate: S): TouchedConversation;
}

/** The sessions that are pruned with a conversation. */
interface Going extends PlannedSessions {
  readonly startedAt: number | null;
  /** Messages of all these sessions, without those already counted for an earlier conversation. */
  readonly messages: number;
  readonly shown: PlannedEntry;
}

/** Decides which conversations of a history are pruned, one after the other. */
export class PrunePlanning {
  /** Delegates planned so far: a session is a member of one conversation only, but may have worked for several. */
  readonly #delegates = new Set<string>();

  constructor(private readonly selection: PruneSelection) {}

  /** Number of delegates in the plan. */
  get delegates(): number {
    return this.#delegates.size;
  }

  /**
   * The sessions that are pruned with a conversation; undefined if it is spared. Each session must satisfy the criteria itself: a spared
   * session also spares those that would take it along.
   */
  take<S extends PruneCandidate>(
    conversation: CriteriaConversation<S>,
    source: DelegateSource<S>,
  ): Going | undefined {
    const { access, action, criteria } = this.selection;
    const { members, root, tip } = conversation;
    if (criteria !== undefined && !satisfies(criteria, conversation)) return undefined;
    if (!members.every((member) => mayKnow(access, member) && isOver(this.selection, member)))
      return undefined;
    const delegates = action === 'delete' ? source.delegatesOf(members.map(({ id }) => id)) : [];
    if (!delegates.every((delegate) => mayTake(access, delegate) && isOver(this.selection, delegate)))
      return undefined;
    if (!leaveOthersWhole({ members, delegates }, source)) return undefined;
    const counted = [...members, ...delegates].filter(({ id }) => !this.#delegates.has(id));
    for (const { id } of delegates) this.#delegates.add(id);
    const messages = counted.reduce((sum, { storedMessages }) => sum + storedMessages, 0);
    const planned = plannedSessions({ members, delegates });
    return { ...planned, startedAt: root.startedAt, messages, shown: toEntry(tip) };
  }
}

/** Sessions in the form that a plan stores, in a stable order. */
export function plannedSessions({ members, delegates }: PlannedSessions): PlannedSessions {
  return { members: members.map(toPlanned).sort(byId), delegates: delegates.map(toPlanned).sort(byId) };
}

function toPlanned({
  id,
  source,
  userId,
  lastActiveAt,
  endedAt,
  endReason,
  pinned,
}: PlannedSession): PlannedSession {
  return { id, source, userId, lastActiveAt, endedAt, endReason, pinned };
}

function toEntry({
  source,
  title,
  model,
  startedAt,
  lastActiveAt,
  messageCount,
}: PruneCandidate): PlannedEntry {
  return { source, title, model, startedAt, lastActiveAt, messageCount };
}

function byId(a: PlannedSession, b: PlannedSession): number {
  return a.id < b.id ? -1 : 1;
}

/**
 * Whether delegates can be deleted without removing the beginning of another conversation, and without deleting a listed conversation
 * that was not selected.
 */
function leaveOthersWhole<S extends { readonly id: string }>(
  { members, delegates }: { readonly members: readonly S[]; readonly delegates: readonly S[] },
  source: Pick<DelegateSource<S>, 'conversationOf'>,
): boolean {
  const going = new Set([...members, ...delegates].map(({ id }) => id));
  return delegates.every((delegate) => {
    const conversation = source.conversationOf(delegate);
    return !conversation.isListed && conversation.members.every(({ id }) => going.has(id));
  });
}

function isOver(
  { includeOpen, includePinned, lastActiveBefore }: PruneSelection,
  session: PlannedSession,
): boolean {
  if (!includeOpen && session.endedAt === null) return false;
  if (!includePinned && session.pinned) return false;
  // A damaged row may have no time at all, which does not count as old.
  return lastActiveBefore === undefined || (lastUseOf(session) ?? Infinity) < lastActiveBefore;
}

/** Hermes ends sessions that it finds open at startup, however old they are: they age from then. */
function lastUseOf({ lastActiveAt, endReason, endedAt }: PlannedSession): number | null {
  return endReason === 'startup_orphan_reap' ? newest([lastActiveAt, endedAt]) : lastActiveAt;
}

/** The part of a plan in one history, while it is executed there. */
export class PlanInHistory {
  readonly #members: ReadonlyMap<string, readonly PlannedSession[]>;
  readonly #sessions: ReadonlyMap<string, PlannedSession>;
  readonly #gone = new Set<string>();

  /** @param conversations all conversations of the plan in this history. */
  constructor(conversations: readonly (PlannedSessions & { readonly id: string })[]) {
    const sessions = conversations.flatMap(({ members, delegates }) => [...members, ...delegates]);
    this.#members = new Map(conversations.map(({ id, members }) => [id, members]));
    this.#sessions = new Map(sessions.map((session) => [session.id, session]));
  }

  /**
   * Requires that sessions to prune together are unchanged since the plan: an agent may have resumed one, or delegated to another.
   * @throws {DomainError} `plan_changed`
   */
  requireUnchanged<S extends PlannedSession>(
    { members, delegates }: { readonly members: readonly S[]; readonly delegates: readonly S[] },
    source: Pick<DelegateSource<S>, 'conversationOf'>,
  ): void {
    const now = plannedSessions({ members, delegates });
    const isUnchanged = (session: PlannedSession): boolean =>
      JSON.stringify(this.#sessions.get(session.id)) === JSON.stringify(session);
    const areUnchanged = [...now.members, ...now.delegates].every(isUnchanged);
    if (!areUnchanged || !leaveOthersWhole({ members, delegates }, source))
      throw new DomainError('plan_changed');
  }

  /**
   * Requires that a conversation whose tip is gone was deleted as a whole along with others of this plan.
   * @throws {DomainError} `plan_changed`
   */
  requireGone(id: string): void {
    const members = this.#members.get(id) ?? [];
    if (members.length === 0 || !members.every((member) => this.#gone.has(member.id)))
      throw new DomainError('plan_changed');
  }

  /** Records what has been deleted by this plan. */
  remember(deleted: readonly { readonly id: string }[]): void {
    for (const { id } of deleted) this.#gone.add(id);
  }
}
