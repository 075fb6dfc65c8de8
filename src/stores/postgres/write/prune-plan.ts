import type { EntityManager } from 'typeorm';
import { ApiError } from '../../../http/errors.js';
import type { PlannedConversation, PrunePlan, PruneSelection } from '../../../sessions/session-prune.js';
import { allOf, queryNamed } from '../connection/named-query.js';
import { accessConditions } from '../listing/conditions.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import type { HistoryChange } from './history-change.js';

/** A conversation as it was when it was selected, and the history that it is in. */
export interface StoredPlannedConversation extends PlannedConversation {
  readonly historyId: number;
}

interface PlannedRow {
  readonly history_id: number;
  readonly profile: string;
  readonly origin: string;
  readonly tip_id: string;
  readonly messages: number;
  readonly bytes: number;
  readonly members: readonly { readonly id: string; readonly lastActiveAt: number | null }[];
}

/** The conversations that a prune would take, oldest activity first. */
export async function planPrune(manager: EntityManager, selection: PruneSelection): Promise<PrunePlan> {
  const { platforms, lastActiveBefore, maxMessages, titled, archived, includeOpen, includePinned } =
    selection;
  const where = allOf([
    ...accessConditions(selection.access, 'conversation'),
    ...(includeOpen ? [] : [{ sql: 'e.is_ended', parameters: {} }]),
    ...(includePinned ? [] : [{ sql: 'NOT e.is_pinned', parameters: {} }]),
    ...(platforms === undefined
      ? []
      : [{ sql: 'e.platform = ANY(:platforms)', parameters: { platforms: platforms.map(toStored) } }]),
    // A damaged row may have no time at all, which is not long ago.
    ...(lastActiveBefore === undefined
      ? []
      : [
          {
            sql: 'e.active_order >= 0 AND e.active_order < :before',
            parameters: { before: lastActiveBefore },
          },
        ]),
    ...(maxMessages === undefined
      ? []
      : [{ sql: 'e.messages <= :maxMessages', parameters: { maxMessages } }]),
    ...(titled === undefined ? [] : [{ sql: 'e.is_titled = :titled', parameters: { titled } }]),
    ...(archived === undefined ? [] : [{ sql: 'e.archived = :archived', parameters: { archived } }]),
  ]);
  const rows = await queryNamed<PlannedRow>(
    manager,
    `SELECT e.history_id, h.profile, h.origin, e.tip_id, e.messages, e.bytes,
        (SELECT json_agg(json_build_object('id', s.id, 'lastActiveAt', s.last_active_at) ORDER BY s.started_order, s.id)
          FROM sessions s WHERE s.history_id = e.history_id AND s.root_id = e.root_id) AS members
      FROM conversations e JOIN histories h ON h.id = e.history_id WHERE ${where.sql}
      ORDER BY e.active_order, e.started_order, e.tip_id, e.history_id`,
    where.parameters,
  );
  const conversations: StoredPlannedConversation[] = rows.map((row) => ({
    ...{ historyId: row.history_id, profile: row.profile, origin: row.origin, messages: row.messages },
    id: fromStored(row.tip_id),
    members: row.members.map(({ id, lastActiveAt }) => ({ id: fromStored(id), lastActiveAt })),
  }));
  return {
    conversations,
    messages: rows.reduce((sum, { messages }) => sum + messages, 0),
    estimatedBytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    unavailableProfiles: [],
  };
}

/**
 * Makes sure that nothing happened to a conversation since it was planned: an agent may have resumed it.
 * @throws {ApiError} `plan_changed`
 */
export async function requireUnchanged(
  { manager, historyId }: HistoryChange,
  members: PlannedConversation['members'],
): Promise<void> {
  const rows = await manager.query<{ id: string; last_active_at: number | null }[]>(
    'SELECT id, last_active_at FROM sessions WHERE history_id = $1 AND id = ANY($2)',
    [historyId, members.map(({ id }) => toStored(id))],
  );
  const now = new Map(rows.map(({ id, last_active_at: lastActiveAt }) => [fromStored(id), lastActiveAt]));
  if (members.some(({ id, lastActiveAt }) => now.get(id) !== lastActiveAt))
    throw new ApiError('plan_changed');
}
