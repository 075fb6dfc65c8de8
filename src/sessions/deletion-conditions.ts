import type { PlannedSessions } from './prune/session-prune.js';

/**
 * Conditions that are checked when a deletion is executed. The deletion was decided by another store, whose copy of the history may have
 * been incomplete or outdated. If a condition fails, the deletion fails with `plan_changed`.
 */
export interface DeletionConditions {
  /** Delete only sessions that have ended without messages. */
  readonly onlyEmpty?: boolean | undefined;
  /** No conversation may continue in a session that is not deleted. */
  readonly whole?: boolean | undefined;
  /** The newest activity that the caller has seen, as in `DeletionOptions`. */
  readonly seenUntil?: number | null | undefined;
  /** All sessions of the deletion, as they were when it was decided. */
  readonly planned?: PlannedSessions;
}

/** Sessions that are deleted together or not at all. */
export interface DeletedGroup {
  /** The sessions that were named. */
  readonly ids: readonly string[];
  readonly conditions: DeletionConditions;
}
