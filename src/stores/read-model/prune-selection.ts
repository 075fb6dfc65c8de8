import type { PruneSelection } from '../../sessions/session-prune.js';
import { accessConditions, platformCondition } from './conditions.js';
import type { Dialect } from './dialect.js';
import { allOf, type SqlPiece } from './sql-piece.js';

/** SQL conditions for the conversations `e` that a clean-up selects, before it is known whether something spares them. */
export function selectionConditions(selection: PruneSelection, dialect: Dialect): SqlPiece {
  const { access, platforms, lastActiveBefore, maxMessages, titled, archived, includeOpen, includePinned } =
    selection;
  return allOf([
    ...accessConditions(dialect, access, 'conversation'),
    ...(includeOpen ? [] : [{ sql: 'e.is_ended', parameters: {} }]),
    ...(includePinned ? [] : [{ sql: 'NOT e.is_pinned', parameters: {} }]),
    ...(platforms === undefined ? [] : [platformCondition(dialect, platforms)]),
    ...(lastActiveBefore === undefined
      ? []
      : [{ sql: 'e.active_order < :before', parameters: { before: lastActiveBefore } }]),
    ...(maxMessages === undefined
      ? []
      : [{ sql: 'e.messages <= :maxMessages', parameters: { maxMessages } }]),
    ...(titled === undefined
      ? []
      : [{ sql: 'e.is_titled = :titled', parameters: { titled: dialect.flag(titled) } }]),
    ...(archived === undefined
      ? []
      : [{ sql: 'e.archived = :archived', parameters: { archived: dialect.flag(archived) } }]),
  ]);
}
