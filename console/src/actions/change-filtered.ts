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

/** Progress of a change of a whole list. */
export interface FilteredChanges {
  readonly changed: number;
  /** Why some were not changed. */
  readonly refusals: readonly string[];
  /** The server's data for undoing it, one item per request. */
  readonly undo: readonly BulkUndoResponse[];
  /** Trash ids of the deleted conversations, if they are kept. */
  readonly trashIds: readonly string[];
}

/** The plan of a change, and the number of affected conversations. */
export interface FilteredPlan {
  readonly count: number;
  /** null if nothing would change. */
  readonly plan: string | null;
}

/** The filter of a list query. The order is irrelevant for a change. */
export function filterOf({ include_children: _rows, sort: _order, ...query }: ListQuery): SessionFilterBody {
  const { platform, profile, origin, search, since, until, title, user_id, model, archived, pinned } = query;
  return { platform, profile, origin, search, since, until, title, user_id, model, archived, pinned };
}

/** Asks the server what an action would change. */
export async function planFiltered(
  history: HermesSessions,
  action: Action,
  filter: SessionFilterBody,
): Promise<FilteredPlan> {
  const { remaining = 0, plan = null } = await history.bulk({ action, filter });
  return { count: remaining, plan };
}

/**
 * Carries out a plan request by request, until it is complete or the signal aborts.
 * @param onProgress called with the number processed.
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

/** Why some conversations of a request were not changed. */
export function refusalsOf({ data }: Pick<BulkSessionsResponse, 'data'>): readonly string[] {
  return data.flatMap(({ error }) => (error === undefined ? [] : [problemOf(error)]));
}

/** A planned action on everything that a filter selects. */
export interface FilteredChange {
  readonly action: Action;
  readonly filter: SessionFilterBody;
  readonly planned: FilteredPlan;
  /** Whether deleted conversations are kept in the trash. */
  readonly isKept: boolean;
}
