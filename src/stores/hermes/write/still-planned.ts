import { DomainError } from '../../../domain/errors.js';
import type { DeletedGroup } from '../../../sessions/deletion-conditions.js';
import {
  conversationOf,
  requireSeen,
  type Conversation,
  type LineageNode,
  type LineageSource,
} from '../../../sessions/lineage/lineage.js';
import { PlanInHistory } from '../../../sessions/prune/prune-rules.js';
import type { PruneAction } from '../../../sessions/prune/session-prune.js';
import type { SessionDeletions } from './session-deletion.js';

/** The next conversation of a plan to delete or archive. */
interface PlanStep {
  readonly id: string;
  readonly planned: PlanInHistory;
  readonly action: PruneAction;
}

/**
 * The sessions of a conversation, if all of it is still as planned; none if it was already deleted with others of the plan.
 * @throws {DomainError} `plan_changed`
 */
export function stillPlanned(
  lineage: LineageSource,
  deletions: SessionDeletions,
  { id, planned, action }: PlanStep,
): readonly string[] {
  const tip = lineage.node(id);
  if (tip === undefined) {
    planned.requireGone(id);
    return [];
  }
  const { members } = conversationOf(lineage, tip);
  const ids = members.map((member) => member.id);
  const delegates = action === 'delete' ? deletions.delegatesOf(ids) : [];
  planned.requireUnchanged({ members, delegates }, sourceIn(lineage));
  return ids;
}

/**
 * Makes sure that the conditions under which sessions were chosen for deletion still hold.
 * @throws {DomainError} `plan_changed`
 */
export function requireStillSo(
  lineage: LineageSource,
  deletions: SessionDeletions,
  { ids, conditions: { whole = false, seenUntil, planned } }: DeletedGroup,
): void {
  if (seenUntil !== undefined) for (const id of ids) requireSeen(lineage, id, seenUntil);
  if (!whole && planned === undefined) return;
  const members = membersAround(lineage, ids);
  const named = new Set(ids);
  if (!members.every(({ id }) => named.has(id))) throw new DomainError('plan_changed');
  if (planned === undefined) return;
  const going = { members, delegates: deletions.delegatesOf(ids) };
  new PlanInHistory([{ id: ids[0] ?? '', ...planned }]).requireUnchanged(going, sourceIn(lineage));
}

/** All sessions of the conversations that some sessions are part of. */
function membersAround(lineage: LineageSource, ids: readonly string[]): readonly LineageNode[] {
  const members = new Map<string, LineageNode>();
  for (const id of ids) {
    const node = members.has(id) ? undefined : lineage.node(id);
    if (node === undefined) continue;
    for (const member of conversationOf(lineage, node).members) members.set(member.id, member);
  }
  return [...members.values()];
}

function sourceIn(lineage: LineageSource): {
  readonly conversationOf: (delegate: LineageNode) => Conversation;
} {
  return { conversationOf: (delegate) => conversationOf(lineage, delegate) };
}
