import type { PlannedSessions } from './session-prune.js';

/**
 * What must hold where a deletion is made that was decided about by another store, which may have known less of the history, or known it as
 * it was long ago. Otherwise it is `plan_changed`.
 */
export interface DeletionConditions {
  /** Only what has ended, and has no message, is deleted. */
  readonly onlyEmpty?: boolean | undefined;
  /** No conversation goes on in a session that stays. */
  readonly whole?: boolean | undefined;
  /** As a caller has seen it, by `DeletionOptions`. */
  readonly seenUntil?: number | null | undefined;
  /** All that goes, as it was when it was decided about. */
  readonly planned?: PlannedSessions;
}

/** Sessions that are deleted together, or not at all. */
export interface DeletedGroup {
  /** Those that are named. */
  readonly ids: readonly string[];
  readonly conditions: DeletionConditions;
}
