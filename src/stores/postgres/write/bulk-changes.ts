import { ApiError } from '../../../http/errors.js';
import { FULL_ACCESS, type SessionAccess } from '../../../sessions/session-access.js';
import { FLAG_CHANGES, type BulkOutcome, type BulkRequest } from '../../../sessions/session-bulk.js';
import { PRUNE_LIMIT, type PruneAction, type PrunePlan } from '../../../sessions/session-prune.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { findSession } from '../listing/session-place.js';
import type { HistoryChange } from './history-change.js';
import type { HistoryWrites } from './history-writes.js';
import { requireUnchanged, type StoredPlannedConversation } from './prune-plan.js';
import { deleteSessions } from './session-deletion.js';
import { updateSession } from './session-update.js';

/** Conversations that are changed in one transaction: whoever else changes this history waits for it. */
const AT_ONCE = 50;

/** Something to change, and the history that it is in. */
interface Target {
  readonly id: string;
  readonly historyId: number;
}

/** Changes many sessions, each whole or not at all. */
export class BulkChanges {
  constructor(
    private readonly connection: PostgresConnection,
    private readonly writes: HistoryWrites,
  ) {}

  /** Does one thing to many sessions. @returns an outcome for each, in order. */
  async bulk({ action, ids, force }: BulkRequest, access: SessionAccess): Promise<readonly BulkOutcome[]> {
    const outcomes = new Map<string, BulkOutcome>();
    const targets: Target[] = [];
    for (const id of ids) {
      await refusing(id, outcomes, async () => {
        const { historyId } = await this.connection.current((manager) => findSession(manager, id, access));
        targets.push({ id, historyId });
      });
    }
    const done = await this.#changeAll(targets, Infinity, async (change, { id }) => {
      if (action !== 'delete') {
        await updateSession(change, id, FLAG_CHANGES[action], access);
        return { kind: 'changed', id };
      }
      await change.requireVisible(id, access);
      const deleted = await deleteSessions(change, [id], { force, now: Date.now() / 1000 });
      return { kind: 'deleted', id, deleted };
    });
    for (const outcome of done) outcomes.set(outcome.id, outcome);
    return ids.flatMap((id) => outcomes.get(id) ?? []);
  }

  /**
   * Takes what was planned, where it is still as it was.
   * @returns an outcome for each conversation that was reached in some seconds, in order.
   */
  prune(plan: PrunePlan, action: PruneAction): Promise<readonly BulkOutcome[]> {
    const planned = plan.conversations as readonly StoredPlannedConversation[];
    return this.#changeAll(planned, PRUNE_LIMIT, async (change, { id, members }) => {
      await requireUnchanged(change, members);
      if (action === 'archive') {
        await updateSession(change, id, FLAG_CHANGES.archive, FULL_ACCESS);
        return { kind: 'changed', id };
      }
      const ids = members.map((member) => member.id);
      const deleted = await deleteSessions(change, ids, { force: false, now: Date.now() / 1000 });
      return { kind: 'deleted', id, deleted };
    });
  }

  /** @param limit milliseconds, after which no other transaction begins. */
  async #changeAll<T extends Target>(
    targets: readonly T[],
    limit: number,
    work: (change: HistoryChange, target: T) => Promise<BulkOutcome>,
  ): Promise<readonly BulkOutcome[]> {
    const outcomes: BulkOutcome[] = [];
    const end = performance.now() + limit;
    while (outcomes.length < targets.length && performance.now() < end) {
      const some = firstOfOneHistory(targets.slice(outcomes.length));
      try {
        outcomes.push(...(await this.#changeSome(some, work)));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const left = targets.slice(outcomes.length);
        return [...outcomes, ...left.map(({ id }) => ({ kind: 'refused', id, error }) as const)];
      }
    }
    return outcomes;
  }

  /** What one target throws leaves it as it was, and concerns no other. */
  #changeSome<T extends Target>(
    targets: readonly T[],
    work: (change: HistoryChange, target: T) => Promise<BulkOutcome>,
  ): Promise<readonly BulkOutcome[]> {
    const [first] = targets;
    if (first === undefined) return Promise.resolve([]);
    return this.writes.change(first.historyId, async (change) => {
      const outcomes = new Map<string, BulkOutcome>();
      for (const target of targets) {
        await refusing(target.id, outcomes, async () => {
          outcomes.set(target.id, await work(change, target));
        });
      }
      return targets.flatMap(({ id }) => outcomes.get(id) ?? []);
    });
  }
}

function firstOfOneHistory<T extends Target>(targets: readonly T[]): readonly T[] {
  const other = targets.findIndex(({ historyId }) => historyId !== targets[0]?.historyId);
  return targets.slice(0, Math.min(AT_ONCE, other === -1 ? targets.length : other));
}

async function refusing(
  id: string,
  outcomes: Map<string, BulkOutcome>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    outcomes.set(id, { kind: 'refused', id, error });
  }
}
