import type {
  BulkSessionsResponse,
  BulkUndoResponse,
  HermesSessions,
  ListQuery,
  SessionFilterBody,
} from '@hermes-sessions/client';
import { problemOf } from '../language/problems.js';
import { brokeOffBy } from './broke-off.js';
import type { Action } from './change-all.js';
import type { Steps } from './use-running-change.js';

/** How far a change of all that a list has has come. */
export interface FilteredChanges {
  readonly changed: number;
  /** Why some were left as they were. */
  readonly refusals: readonly string[];
  /** What takes it back, request by request. */
  readonly undo: readonly BulkUndoResponse[];
  /** Where those are that were deleted and kept. */
  readonly trashIds: readonly string[];
}

/** What would be changed: so many, as the plan names them. */
export interface FilteredPlan {
  readonly count: number;
  /** null where nothing would be. */
  readonly plan: string | null;
}

/** What a list is asked for with, as a change of all of it names it. Its order is no matter. */
export function filterOf({ include_children: _rows, sort: _order, ...query }: ListQuery): SessionFilterBody {
  const { platform, profile, origin, search, since, until, title, user_id, model, archived, pinned } = query;
  return { platform, profile, origin, search, since, until, title, user_id, model, archived, pinned };
}

/** Asks what an action would change. */
export async function planFiltered(
  history: HermesSessions,
  action: Action,
  filter: SessionFilterBody,
): Promise<FilteredPlan> {
  const { remaining = 0, plan = null } = await history.bulk({ action, filter });
  return { count: remaining, plan };
}

/**
 * Changes what was planned, request by request until there is no plan to go on, or the signal ends it.
 * @param onProgress is told how many have been dealt with.
 */
export async function changeFiltered(
  history: HermesSessions,
  { action, filter, planned, isKept }: FilteredChange,
  { signal, onProgress }: Steps,
): Promise<FilteredChanges> {
  let reached: FilteredChanges = { changed: 0, refusals: [], undo: [], trashIds: [] };
  const trash = action === 'delete' && isKept ? { trash: true } : {};
  for (let { plan } = planned; plan !== null && !signal.aborted;) {
    let answer: BulkSessionsResponse;
    try {
      answer = await history.bulk({ action, filter, dry_run: false, plan, ...trash });
    } catch (error) {
      const brokeOff = brokeOffBy(error, reached.changed);
      return { ...reached, refusals: [...reached.refusals, problemOf(brokeOff)] };
    }
    reached = {
      changed: reached.changed + answer.succeeded,
      refusals: [...reached.refusals, ...refusalsOf(answer)],
      trashIds: [...reached.trashIds, ...answer.data.flatMap(({ trash_id: id }) => id ?? [])],
      undo: answer.undo == null ? reached.undo : [...reached.undo, answer.undo],
    };
    onProgress(planned.count - (answer.remaining ?? 0));
    plan = answer.plan ?? null;
  }
  return reached;
}

/** Why some of one request were left as they were. */
export function refusalsOf({ data }: Pick<BulkSessionsResponse, 'data'>): readonly string[] {
  return data.flatMap(({ error }) => (error === undefined ? [] : [problemOf(error)]));
}

/** What is to be done, to all that a filter selects, as it was planned. */
export interface FilteredChange {
  readonly action: Action;
  readonly filter: SessionFilterBody;
  readonly planned: FilteredPlan;
  /** Whether what is deleted is kept in the trash. */
  readonly isKept: boolean;
}
