import type { HermesSessions, PruneSessionsBody, PruneSessionsResponse } from '@hermes-sessions/client';
import { brokeOffBy } from '../actions/broke-off.js';
import { problemOf } from '../language/problems.js';

/** Progress of a clean-up. */
export interface CleanedUp {
  readonly done: number;
  /** Why some were not changed. */
  readonly refusals: readonly string[];
  /** Conversations not yet processed. */
  readonly left: number;
}

/**
 * Carries out the plan of a dry run, request by request, until nothing is left, the signal aborts, or no more can be done.
 * @param onProgress called after each request.
 */
export async function cleanUp(
  history: HermesSessions,
  body: PruneSessionsBody,
  planned: { readonly plan: string; readonly count: number },
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (reached: CleanedUp) => void },
): Promise<CleanedUp> {
  let reached: CleanedUp = { done: 0, refusals: [], left: planned.count };
  for (let plan: string | null = planned.plan; plan !== null && !signal.aborted;) {
    let answer: PruneSessionsResponse;
    try {
      answer = await history.prune({ ...body, dry_run: false, plan });
    } catch (error) {
      const brokeOff = brokeOffBy(error, reached.done);
      return { ...reached, refusals: [...reached.refusals, problemOf(brokeOff)] };
    }
    const refused = answer.failed.flatMap(({ error }) => (error === undefined ? [] : [problemOf(error)]));
    reached = {
      done: reached.done + answer.count,
      refusals: [...reached.refusals, ...refused],
      left: answer.remaining,
    };
    onProgress(reached);
    plan = answer.remaining > 0 && answer.count > 0 ? answer.plan : null;
  }
  return reached;
}
