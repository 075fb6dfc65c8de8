import type { Scope } from '../../auth/scopes.js';
import { DomainError } from '../../domain/errors.js';
import type { HistoryName, SessionOwner } from '../../domain/access.js';
import type { SessionChanges } from '../session-query.js';

/** Actions that can be applied to many sessions at once. */
export const BULK_ACTIONS = ['delete', 'archive', 'unarchive', 'pin', 'unpin'] as const;

export type BulkAction = (typeof BULK_ACTIONS)[number];

/** The scope that an action or a prune requires. */
export function scopeFor(action: BulkAction): Scope {
  return action === 'delete' ? 'sessions:delete' : 'sessions:write';
}

/** The changes of each action except deletion. */
export const FLAG_CHANGES: Readonly<Record<Exclude<BulkAction, 'delete'>, SessionChanges>> = {
  archive: { archived: true },
  unarchive: { archived: false },
  pin: { pinned: true },
  unpin: { pinned: false },
};

/** Most sessions that one request may name. */
export const MAX_BULK_IDS = 500;

/** One action for many sessions. */
export interface BulkRequest {
  readonly action: BulkAction;
  readonly ids: readonly string[];
  /** Whether to delete sessions although an agent holds their lease. */
  readonly force: boolean;
  /** Whether to delete only sessions that have ended without messages, including what would be deleted along. Checked at deletion. */
  readonly onlyEmpty?: boolean;
}

/** How a session is deleted. */
export interface DeletionOptions {
  /** Whether to delete it although an agent uses it. */
  readonly force: boolean;
  /** Whether to delete its whole conversation. */
  readonly lineage: boolean;
  /**
   * The newest activity of the whole conversation as the caller saw it, in epoch seconds, or null if it was unknown: if it differs,
   * nothing is deleted. Undefined to skip this check.
   */
  readonly seenUntil?: number | null;
  /** `LinesDigest` of the kept copy; nothing that differs from it is deleted. Undefined if nothing was kept. */
  readonly kept?: string;
}

/** How a session is read as a deletion would remove it. */
export interface TakeOptions extends Omit<DeletionOptions, 'kept'> {
  /** Whether it is only read, so that reasons against a deletion are ignored. */
  readonly onlyRead?: boolean;
}

/** A deleted session with its owner. */
export interface DeletedSession extends SessionOwner {
  readonly id: string;
}

/** A completed change; `deleted` contains all sessions that were deleted along, itself first. */
export type DoneChange =
  | { readonly kind: 'changed'; readonly id: string }
  | {
      readonly kind: 'deleted';
      readonly id: string;
      readonly deleted: readonly DeletedSession[];
      /** Id of its trash entry; undefined if it was not kept. */
      readonly trashId?: string;
    };

/** A refused change. `reason` is a {@link DomainError} or an unexpected error. */
export interface RefusedChange {
  readonly kind: 'refused';
  readonly id: string;
  readonly reason: unknown;
}

/** The outcome for one session. */
export type BulkOutcome = DoneChange | RefusedChange;

/** The outcomes of a series of changes that may have been interrupted. */
export interface ChangedSome {
  /** An outcome for each id, in order, up to the last one that was processed. */
  readonly outcomes: readonly BulkOutcome[];
  /** The failure that ended the series early; its transaction was rolled back. */
  readonly failure?: Error;
}

/** How long one request keeps changing sessions before it answers, in milliseconds: proxies time out after half a minute or more. */
export const CHANGE_LIMIT = 20_000;

/**
 * The outcome for a session for which no time was left, so that the caller learns of the completed changes before the connection times
 * out.
 */
export function notReached(id: string): BulkOutcome {
  return refused(
    id,
    new DomainError('store_busy', { message: 'There was no time left for it. Send it again.' }),
  );
}

/** An outcome for each id. Sessions that were not processed get the failure, or {@link notReached} if time ran out. */
export function outcomeOfEach(
  ids: readonly string[],
  { outcomes, failure }: ChangedSome,
): readonly BulkOutcome[] {
  return [
    ...outcomes,
    ...ids
      .slice(outcomes.length)
      .map((id) => (failure === undefined ? notReached(id) : refused(id, failure))),
  ];
}

/**
 * The outcomes of the processed sessions; the rest can be requested again.
 * @throws the failure, if none was processed.
 */
export function outcomesReached({ outcomes, failure }: ChangedSome): readonly BulkOutcome[] {
  if (outcomes.length === 0 && failure !== undefined) throw failure;
  return outcomes;
}

/** The details of a completed deletion of one session. */
export type Deleted = Omit<Extract<BulkOutcome, { readonly kind: 'deleted' }>, 'kind' | 'id'>;

/**
 * Deletes sessions one after the other until the time limit.
 * @param end by `performance.now()`; no deletion begins after it.
 * @returns an outcome for each processed session, in order.
 */
export async function deleteOneByOne<S>(
  sessions: readonly S[],
  idOf: (session: S) => string,
  remove: (session: S) => Promise<Deleted>,
  end: number,
): Promise<readonly BulkOutcome[]> {
  const outcomes: BulkOutcome[] = [];
  for (const session of sessions) {
    if (performance.now() > end) break;
    const id = idOf(session);
    try {
      outcomes.push({ kind: 'deleted', id, ...(await remove(session)) });
    } catch (error) {
      outcomes.push(refused(id, error));
    }
  }
  return outcomes;
}

/**
 * Sorts sessions for deletion, newest start first, so that a branch is deleted before its parent while it still refers to it. Restoring
 * the most recently deleted first then restores the parent first.
 */
export function youngestFirst<S extends { readonly startedAt: number | null }>(
  sessions: readonly S[],
): readonly S[] {
  return [...sessions].sort((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
}

/** Called with changes of one history right after their commit, whatever fails later. Must not throw. */
export type OnCommit = (done: readonly DoneChange[], history: HistoryName) => void;

/** Reports the completed ones of some outcomes in one history. */
export function tellDone(outcomes: readonly BulkOutcome[], history: HistoryName, onCommit: OnCommit): void {
  const done = outcomes.filter((outcome) => outcome.kind !== 'refused');
  if (done.length > 0) onCommit(done, history);
}

/**
 * The outcome for a session that was not changed, for any reason. It is an outcome rather than an exception, so that the completed
 * changes before it are reported.
 */
export function refused(id: string, reason: unknown): BulkOutcome {
  return { kind: 'refused', id, reason };
}
