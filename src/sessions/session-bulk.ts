import type { ApiError } from '../http/errors.js';
import type { SessionChanges } from './session-query.js';

/** What can be done to many sessions at once. */
export const BULK_ACTIONS = ['delete', 'archive', 'unarchive', 'pin', 'unpin'] as const;

export type BulkAction = (typeof BULK_ACTIONS)[number];

/** What each action but deleting sets. */
export const FLAG_CHANGES: Readonly<Record<Exclude<BulkAction, 'delete'>, SessionChanges>> = {
  archive: { archived: true },
  unarchive: { archived: false },
  pin: { pinned: true },
  unpin: { pinned: false },
};

/** Sessions that one request may name. */
export const MAX_BULK_IDS = 500;

/** What is done to many sessions. */
export interface BulkRequest {
  readonly action: BulkAction;
  readonly ids: readonly string[];
  /** Whether sessions are deleted even while an agent holds their lease. */
  readonly force: boolean;
}

/** What became of one session: `deleted` has the ids of all that went with it. */
export type BulkOutcome =
  | { readonly kind: 'changed'; readonly id: string }
  | { readonly kind: 'deleted'; readonly id: string; readonly deleted: readonly string[] }
  | { readonly kind: 'refused'; readonly id: string; readonly error: ApiError };
