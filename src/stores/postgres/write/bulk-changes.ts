import { DomainError } from '../../../domain/errors.js';
import { epochSeconds } from '../../../domain/instant.js';
import { groupBy } from '../../../sessions/lineage/groups.js';
import { PlanInHistory, plannedSessions } from '../../../sessions/prune/prune-rules.js';
import { FULL_ACCESS } from '../../../domain/access.js';
import {
  CHANGE_LIMIT,
  FLAG_CHANGES,
  outcomeOfEach,
  outcomesReached,
  refused,
  tellDone,
  type BulkOutcome,
  type BulkRequest,
  type ChangedSome,
  type OnCommit,
} from '../../../sessions/bulk/session-bulk.js';
import type { PruneAction } from '../../../sessions/prune/session-prune.js';
import type { ChangeContext } from '../../../sessions/sessions.repository.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { findSession } from '../listing/session-place.js';
import { changeHistory, type HistoryChange } from './history-change.js';
import { requireUnchanged, type StoredPlannedConversation } from './prune-plan.js';
import { deleteSessions } from './session-deletion.js';
import { updateSession } from './session-update.js';

/** Conversations changed in one transaction; other changes of the history wait for it. */
const AT_ONCE = 50;

/** A session to change, and its history. */
interface Target {
  readonly id: string;
  readonly historyId: number;
}

/** Changes many sessions, each of them atomically. */
export class BulkChanges {
  constructor(private readonly connection: PostgresConnection) {}

  /** Applies one action to many sessions. @returns an outcome for each, in order. */
  async bulk(
    { action, ids, force, onlyEmpty }: BulkRequest,
    { access, onCommit }: ChangeContext,
  ): Promise<readonly BulkOutcome[]> {
    const outcomes = new Map<string, BulkOutcome>();
    const targets: Target[] = [];
    for (const id of ids) {
      try {
        const { historyId } = await this.connection.current((manager) => findSession(manager, id, access));
        targets.push({ id, historyId });
      } catch (error) {
        outcomes.set(id, refused(id, error));
      }
    }
    const work = async (change: HistoryChange, { id }: Target): Promise<BulkOutcome> => {
      if (action !== 'delete') {
        await updateSession(change, id, FLAG_CHANGES[action], { access, now: epochSeconds() });
        return { kind: 'changed', id };
      }
      await change.requireVisible(id, access);
      const deleted = await deleteSessions(change, [id], { access, force, conditions: { onlyEmpty } });
      return { kind: 'deleted', id, deleted };
    };
    const changed = await this.#changeAll(targets, { work, onCommit, limit: CHANGE_LIMIT });
    const found = targets.map(({ id }) => id);
    for (const outcome of outcomeOfEach(found, changed)) outcomes.set(outcome.id, outcome);
    return ids.flatMap((id) => outcomes.get(id) ?? []);
  }

  /**
   * Applies a plan to the conversations that still match it.
   * @returns an outcome, in order, for each conversation that was processed within the time limit.
   * @throws the failure of the database as a whole, if none was processed.
   */
  async prune(
    conversations: readonly StoredPlannedConversation[],
    action: PruneAction,
    { access, onCommit }: ChangeContext,
  ): Promise<readonly BulkOutcome[]> {
    const planned = byHistory(conversations);
    const work = async (change: HistoryChange, { id, historyId }: Target): Promise<BulkOutcome> => {
      const part = planned.get(historyId) ?? new PlanInHistory([]);
      const going = await requireUnchanged(change, id, action, part);
      if (going === undefined) return { kind: 'deleted', id, deleted: [] };
      if (action === 'archive') {
        await updateSession(change, id, FLAG_CHANGES.archive, {
          access: FULL_ACCESS,
          now: epochSeconds(),
        });
        return { kind: 'changed', id };
      }
      const conditions = { whole: true, planned: plannedSessions(going) };
      const rules = { access, force: false, conditions };
      const ids = going.members.map((member) => member.id);
      const deleted = await deleteSessions(change, ids, rules, going.delegates);
      part.remember(deleted);
      return { kind: 'deleted', id, deleted };
    };
    return outcomesReached(await this.#changeAll(conversations, { work, onCommit, limit: CHANGE_LIMIT }));
  }

  async #changeAll(targets: readonly Target[], { work, onCommit, limit }: Changing): Promise<ChangedSome> {
    const outcomes: BulkOutcome[] = [];
    const end = performance.now() + limit;
    let atOnce = AT_ONCE;
    while (outcomes.length < targets.length && performance.now() < end) {
      const next = firstOfOneHistory(targets.slice(outcomes.length), atOnce);
      try {
        outcomes.push(...(await this.#changeSome(next, { work, onCommit })));
        atOnce = AT_ONCE;
      } catch (failure) {
        // A {@link DomainError} concerns the whole database; anything else concerns one of these targets.
        if (failure instanceof DomainError) return { outcomes, failure };
        if (next.length === 1) outcomes.push(...next.map(({ id }) => refused(id, failure)));
        atOnce = 1;
      }
    }
    return { outcomes };
  }

  /** A target that fails with a {@link DomainError} is unchanged, and does not affect the others. */
  async #changeSome(
    targets: readonly Target[],
    { work, onCommit }: Pick<Changing, 'work' | 'onCommit'>,
  ): Promise<readonly BulkOutcome[]> {
    const [first] = targets;
    if (first === undefined) return [];
    const { outcomes, history } = await changeHistory(this.connection, first.historyId, async (change) => {
      const some: BulkOutcome[] = [];
      for (const target of targets) some.push(await changeOne(change, target, work));
      return { outcomes: some, history: change.name };
    });
    tellDone(outcomes, history, onCommit);
    return outcomes;
  }
}

/** How targets are changed. */
interface Changing {
  /** Changes one target; if it throws a {@link DomainError}, the target must be unchanged. */
  readonly work: (change: HistoryChange, target: Target) => Promise<BulkOutcome>;
  readonly onCommit: OnCommit;
  /** Milliseconds after which no further transaction begins. */
  readonly limit: number;
}

async function changeOne(
  change: HistoryChange,
  target: Target,
  work: Changing['work'],
): Promise<BulkOutcome> {
  try {
    return await work(change, target);
  } catch (error) {
    // Any other error has aborted the transaction, with everything done in it.
    if (!(error instanceof DomainError)) throw error;
    return refused(target.id, error);
  }
}

/** The plan of each history. */
function byHistory(conversations: readonly StoredPlannedConversation[]): ReadonlyMap<number, PlanInHistory> {
  const histories = groupBy(conversations, ({ historyId }) => historyId);
  return new Map([...histories].map(([id, planned]) => [id, new PlanInHistory(planned)]));
}

function firstOfOneHistory(targets: readonly Target[], limit: number): readonly Target[] {
  const other = targets.findIndex(({ historyId }) => historyId !== targets[0]?.historyId);
  return targets.slice(0, Math.min(limit, other === -1 ? targets.length : other));
}
