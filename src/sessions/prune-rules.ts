import { DomainError } from '../domain/errors.js';
import { newest } from './lineage/lineage.js';
import { satisfies, type CriteriaConversation, type CriteriaSubject } from './prune-criteria.js';
import { mayKnow, mayTake } from './session-access.js';
import type { PlannedEntry, PlannedSession, PlannedSessions, PruneSelection } from './session-prune.js';

/** A session that a prune may take, and how many messages it has. */
export interface PruneCandidate extends PlannedSession, CriteriaSubject {
  readonly userId: string | null;
  readonly endReason: string | null;
  readonly storedMessages: number;
}

/** What a clean-up knows of a conversation that it would take a part of. */
export interface TouchedConversation {
  readonly members: readonly { readonly id: string }[];
  readonly isListed: boolean;
}

/** Where a plan finds what goes along with a conversation. */
export interface DelegateSource<S> {
  /** What a deletion of some sessions would take along. */
  delegatesOf(ids: readonly string[]): readonly S[];
  /** The conversation that a delegate is part of. */
  conversationOf(delegate: S): TouchedConversation;
}

/** What goes with a conversation. */
interface Going extends PlannedSessions {
  readonly startedAt: number | null;
  /** Messages of all that go with it, without those that go with a conversation before it. */
  readonly messages: number;
  readonly shown: PlannedEntry;
}

/** Decides for one conversation of a history after the other what goes. */
export class PrunePlanning {
  /** A session is a member of one conversation alone, but can have worked for several. */
  readonly #delegates = new Set<string>();

  constructor(private readonly selection: PruneSelection) {}

  /** Sessions that go since they worked for others. */
  get delegates(): number {
    return this.#delegates.size;
  }

  /**
   * What goes with a conversation; undefined where it is spared. Each session that would go has to be one that a prune may take, since
   * one that is spared spares all that would take it along.
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

/** Sessions as a plan remembers them, in an order that depends on nothing else. */
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
 * Whether delegates can go without the rest of a conversation losing its beginning, and without a conversation that is listed, and was never
 * asked for, going with them.
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
  // A damaged row may have no time at all, which is not long ago.
  return lastActiveBefore === undefined || (lastUseOf(session) ?? Infinity) < lastActiveBefore;
}

/** Hermes ends what it finds open when it starts, however old it is: such a session ages from then. */
function lastUseOf({ lastActiveAt, endReason, endedAt }: PlannedSession): number | null {
  return endReason === 'startup_orphan_reap' ? newest([lastActiveAt, endedAt]) : lastActiveAt;
}

/** What a plan has of one history, while it is carried out there. */
export class PlanInHistory {
  readonly #members: ReadonlyMap<string, readonly PlannedSession[]>;
  readonly #sessions: ReadonlyMap<string, PlannedSession>;
  readonly #gone = new Set<string>();

  /** @param conversations all of the plan that are in this history. */
  constructor(conversations: readonly (PlannedSessions & { readonly id: string })[]) {
    const sessions = conversations.flatMap(({ members, delegates }) => [...members, ...delegates]);
    this.#members = new Map(conversations.map(({ id, members }) => [id, members]));
    this.#sessions = new Map(sessions.map((session) => [session.id, session]));
  }

  /**
   * Makes sure that nothing happened since the plan was made to sessions that are about to go together: an agent may have resumed one, or
   * handed work to another.
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
   * Makes sure that a conversation whose tip is not there any more went as a whole with others of this plan.
   * @throws {DomainError} `plan_changed`
   */
  requireGone(id: string): void {
    const members = this.#members.get(id) ?? [];
    if (members.length === 0 || !members.every((member) => this.#gone.has(member.id)))
      throw new DomainError('plan_changed');
  }

  /** Remembers what has been deleted by this plan. */
  remember(deleted: readonly { readonly id: string }[]): void {
    for (const { id } of deleted) this.#gone.add(id);
  }
}
