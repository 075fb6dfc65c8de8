import { conversationOf, type LineageNode, type LineageSource } from '../../../sessions/lineage/lineage.js';
import type { PlanInHistory } from '../../../sessions/prune-rules.js';
import type { PruneAction } from '../../../sessions/session-prune.js';
import type { SessionDeletions } from './session-deletion.js';

/** A conversation that is about to be taken, as a plan has it. */
interface PlanStep {
  readonly id: string;
  readonly planned: PlanInHistory;
  readonly action: PruneAction;
}

/**
 * The sessions of a conversation, all of which are as they were planned to go; none where it went with others of the plan.
 * @throws {DomainError} `plan_changed`
 */
export function stillPlanned(
  lineage: LineageSource,
  deletions: SessionDeletions,
  { id, planned, action }: PlanStep,
): readonly string[] {
  const source = { conversationOf: (delegate: LineageNode) => conversationOf(lineage, delegate) };
  const tip = lineage.node(id);
  if (tip === undefined) {
    planned.requireGone(id);
    return [];
  }
  const { members } = conversationOf(lineage, tip);
  const ids = members.map((member) => member.id);
  const delegates = action === 'delete' ? deletions.delegatesOf(ids) : [];
  planned.requireUnchanged({ members, delegates }, source);
  return ids;
}
