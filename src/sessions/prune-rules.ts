import { ApiError } from '../http/errors.js';
import { newest } from './lineage/lineage.js';
import { mayKnow, mayTake } from './session-access.js';
import type { PlannedSession, PlannedSessions, PruneSelection } from './session-prune.js';

/** A session that a prune may take, and how many messages it has. */
interface PruneCandidate extends PlannedSession {
  readonly storedMessages: number;
}

/** What goes with a conversation. */
interface Going<S> extends PlannedSessions {
  /** The sessions among them that go with no conversation before this one: one can have worked for several. */
  readonly first: readonly S[];
  /** Messages of these. */
  readonly messages: number;
}

/** Decides for one conversation after the other what goes, by rules that are the same whichever store has them. */
export class PrunePlanning {
  readonly #going = new Set<string>();

  constructor(private readonly selection: PruneSelection) {}

  /**
   * What goes with a conversation; undefined where it is spared.
   * @param delegates what a deletion would take along.
   */
  take<S extends PruneCandidate>(members: readonly S[], delegates: readonly S[]): Going<S> | undefined {
    if (!mayGo(this.selection, { members, delegates })) return undefined;
    const first = [...members, ...delegates].filter(({ id }) => !this.#going.has(id));
    for (const { id } of first) this.#going.add(id);
    const messages = first.reduce((sum, { storedMessages }) => sum + storedMessages, 0);
    return { ...plannedSessions({ members, delegates }), first, messages };
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

function byId(a: PlannedSession, b: PlannedSession): number {
  return a.id < b.id ? -1 : 1;
}

/**
 * Whether sessions that would go together may: each of them has to be one that a prune may take, since one that is spared spares
 * all that would take it along.
 */
function mayGo(selection: PruneSelection, { members, delegates }: PlannedSessions): boolean {
  const { access } = selection;
  if (!members.every((member) => mayKnow(access, member))) return false;
  if (!delegates.every((delegate) => mayTake(access, delegate))) return false;
  return [...members, ...delegates].every((session) => isOver(selection, session));
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

/**
 * Makes sure that nothing happened since a plan was made to sessions that are about to go together: an agent may have resumed one, or
 * handed work to another.
 * @param planned all sessions of the plan that are in the same history, by their ids.
 * @throws {ApiError} `plan_changed`
 */
export function requireAsPlanned(
  planned: ReadonlyMap<string, PlannedSession>,
  { members, delegates }: PlannedSessions,
): void {
  for (const session of [...members, ...delegates]) {
    if (JSON.stringify(planned.get(session.id)) !== JSON.stringify(session))
      throw new ApiError('plan_changed');
  }
}

/** All sessions of some conversations, by their ids. */
export function sessionsOf(conversations: readonly PlannedSessions[]): ReadonlyMap<string, PlannedSession> {
  const sessions = conversations.flatMap(({ members, delegates }) => [...members, ...delegates]);
  return new Map(sessions.map((session) => [session.id, session]));
}
