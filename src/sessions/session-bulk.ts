import type { Scope } from '../auth/scopes.js';
import { DomainError } from '../domain/errors.js';
import type { HistoryName, SessionOwner } from './session-access.js';
import type { SessionChanges } from './session-query.js';

/** What can be done to many sessions at once. */
export const BULK_ACTIONS = ['delete', 'archive', 'unarchive', 'pin', 'unpin'] as const;

export type BulkAction = (typeof BULK_ACTIONS)[number];

/** What an action, or a clean-up, needs. */
export function scopeFor(action: BulkAction): Scope {
  return action === 'delete' ? 'sessions:delete' : 'sessions:write';
}

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
  /** Whether only what has ended, and has no message, is deleted, with what it would take along. It is looked at at that moment. */
  readonly onlyEmpty?: boolean;
}

/** How a session is deleted. */
export interface DeletionOptions {
  /** Whether it goes even while an agent is in the middle of it. */
  readonly force: boolean;
  /** Whether its whole conversation goes with it. */
  readonly lineage: boolean;
  /**
   * The newest activity of the whole conversation that whoever asks has seen, in epoch seconds, null where none was known: with any other,
   * nothing is deleted. Undefined where it does not matter.
   */
  readonly seenUntil?: number | null;
  /** What was kept of all that goes, by its `LinesDigest`; nothing else is deleted. Undefined where nothing was. */
  readonly kept?: string;
}

/** What of a history is read as a deletion would take it. */
export interface TakeOptions extends Omit<DeletionOptions, 'kept'> {
  /** Whether none of it is to go: then it is read also where somebody or something keeps it from being deleted. */
  readonly onlyRead?: boolean;
}

/** A session that was deleted, and whose it was. */
export interface DeletedSession extends SessionOwner {
  readonly id: string;
}

/** What was done to one session: `deleted` has all that went with it, itself first. */
export type DoneChange =
  | { readonly kind: 'changed'; readonly id: string }
  | {
      readonly kind: 'deleted';
      readonly id: string;
      readonly deleted: readonly DeletedSession[];
      /** Where it is in the trash; undefined where it was not kept. */
      readonly trashId?: string;
    };

/** Nothing was done to a session. `reason` is an error of the domain, or something that nobody foresaw. */
export interface RefusedChange {
  readonly kind: 'refused';
  readonly id: string;
  readonly reason: unknown;
}

/** What became of one session. */
export type BulkOutcome = DoneChange | RefusedChange;

/** What became of the first of many sessions that are changed one after the other. */
export interface ChangedSome {
  /** An outcome for each id, in order, up to the last one that was reached. */
  readonly outcomes: readonly BulkOutcome[];
  /** What ended it before its time; nothing of the transaction that met it has happened. */
  readonly failure?: Error;
}

/**
 * How long one request goes on changing the next session before it answers, in milliseconds: proxies give up on an answer after half a
 * minute or more.
 */
export const CHANGE_LIMIT = 20_000;

/** A session for which there was no time: what was changed before it is told rather than lost with the connection of the caller. */
export function notReached(id: string): BulkOutcome {
  return refused(
    id,
    new DomainError('store_busy', { message: 'There was no time left for it. Send it again.' }),
  );
}

/** An outcome for each id: what was not reached is refused for what ended it, if it was no lack of time. */
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
 * The outcomes of what was reached; the rest can be asked for again.
 * @throws what ended it, where nothing was reached.
 */
export function outcomesReached({ outcomes, failure }: ChangedSome): readonly BulkOutcome[] {
  if (outcomes.length === 0 && failure !== undefined) throw failure;
  return outcomes;
}

/** What a deletion of one session leaves to be told. */
export type Deleted = Omit<Extract<BulkOutcome, { readonly kind: 'deleted' }>, 'kind' | 'id'>;

/**
 * Deletes sessions one after the other, as many as there is time for.
 * @param end by `performance.now()`; none begins after it.
 * @returns an outcome for each that was reached, in order.
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
 * In the order in which sessions are deleted that may be put back: what branched off goes before what it came from, while it still names it, and comes
 * back behind it where the last one is restored first.
 */
export function youngestFirst<S extends { readonly startedAt: number | null }>(
  sessions: readonly S[],
): readonly S[] {
  return [...sessions].sort((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
}

/** Is told of changes of one history as soon as they are committed, whatever happens behind that. Must not throw. */
export type OnCommit = (done: readonly DoneChange[], history: HistoryName) => void;

/** Tells of what of some outcomes in one history was done. */
export function tellDone(outcomes: readonly BulkOutcome[], history: HistoryName, onCommit: OnCommit): void {
  const done = outcomes.filter((outcome) => outcome.kind !== 'refused');
  if (done.length > 0) onCommit(done, history);
}

/**
 * A session to which nothing was done because of something, whatever it is: those before it have been changed by then, which must not be lost
 * with it.
 */
export function refused(id: string, reason: unknown): BulkOutcome {
  return { kind: 'refused', id, reason };
}
