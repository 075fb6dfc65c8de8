import type { PruneSelection } from '../../sessions/prune/session-prune.js';
import { accessConditions, platformCondition, when } from './conditions.js';
import type { ReadScope } from './dialect.js';
import { allOf, fixed, together, type SqlQuery } from './sql-piece.js';

/** A conversation that the SQL criteria of a prune select, before further checks that may spare it. */
export interface SelectedConversation {
  readonly tip_id: string;
  readonly profile: string;
  readonly origin: string | null;
}

/**
 * Selects the conversations `e` that satisfy the criteria on stored columns, oldest activity first.
 * @param keys columns to select of each, besides its tip and the name of its history.
 */
export function selectedQuery<Keys>(
  selection: PruneSelection,
  { dialect, history }: ReadScope,
  keys: string,
): SqlQuery<Keys & SelectedConversation> {
  const { access, platforms, lastActiveBefore, maxMessages, titled, archived, includeOpen, includePinned } =
    selection;
  const where = allOf([
    ...accessConditions(dialect, access, 'conversation'),
    ...(includeOpen ? [] : [fixed('e.is_ended')]),
    ...(includePinned ? [] : [fixed('NOT e.is_pinned')]),
    ...when(platforms, (names) => platformCondition(dialect, names)),
    ...when(lastActiveBefore, (before) => ({ sql: 'e.active_order < :before', parameters: { before } })),
    ...when(maxMessages, (most) => ({
      sql: 'e.messages <= :maxMessages',
      parameters: { maxMessages: most },
    })),
    ...when(titled, (is) => fixed(`e.is_titled = ${dialect.flag(is)}`)),
    ...when(archived, (is) => fixed(`e.archived = ${dialect.flag(is)}`)),
  ]);
  return {
    sql: `SELECT ${keys}, e.tip_id, ${history.name} FROM ${dialect.entries.conversation.table} e ${history.join('e')}
      WHERE ${where.sql} ORDER BY ${['e.active_order', 'e.started_order', 'e.tip_id', ...history.order].join(', ')}`,
    parameters: together(where.parameters, history.parameters),
  };
}
