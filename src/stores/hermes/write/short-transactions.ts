import type { HistoryName } from '../../../domain/access.js';
import {
  refused,
  tellDone,
  type BulkOutcome,
  type RefusedChange,
  type ChangedSome,
  type OnCommit,
} from '../../../sessions/bulk/session-bulk.js';
import { isStoreFailure, toStoreError } from '../file/sqlite-failure.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { WRITING } from '../waits.js';

/** Changes one session inside a transaction. If it throws, the session stays unchanged. */
export type ChangeSession = (id: string) => BulkOutcome;

/** How to change, in another place, a session that was not changed here. */
export interface ChangeElsewhere {
  /** Whether the other place applies, given why the session was not changed here. */
  readonly isFor: (reason: unknown) => boolean;
  readonly change: (id: string, reason: unknown) => Promise<BulkOutcome>;
}

/** How sessions are changed in several transactions. */
export interface ShortTransactions {
  /** Called once per transaction. */
  readonly begin: (history: OpenHistory) => ChangeSession;
  /** The name of the history. */
  readonly history: HistoryName;
  readonly onCommit: OnCommit;
  /** Milliseconds after which no other transaction begins. */
  readonly limit: number;
  readonly elsewhere?: ChangeElsewhere;
}

/**
 * Changes sessions one after the other, in transactions that stay short however many sessions there are; between them the connection leaves the lock
 * to the owner.
 */
export async function changeInShortTransactions(
  connection: HermesConnection,
  ids: readonly string[],
  { begin, history: name, onCommit, limit, elsewhere = NOWHERE }: ShortTransactions,
): Promise<ChangedSome> {
  const outcomes: BulkOutcome[] = [];
  const end = performance.now() + limit;
  while (outcomes.length < ids.length && performance.now() < end) {
    const left = ids.slice(outcomes.length);
    try {
      const some = await connection.transaction((history) =>
        changeSome(history, left, begin(history), elsewhere),
      );
      tellDone(some, name, onCommit);
      const last = some.at(-1);
      if (last === undefined || !isFor(last, elsewhere)) outcomes.push(...some);
      else {
        const after = await elsewhere.change(last.id, last.reason);
        tellDone([after], name, onCommit);
        outcomes.push(...some.slice(0, -1), after);
      }
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
      return { outcomes, failure };
    }
  }
  return { outcomes };
}

const NOWHERE: ChangeElsewhere = {
  isFor: () => false,
  change: (id, reason) => Promise.resolve(refused(id, reason)),
};

function isFor(outcome: BulkOutcome, elsewhere: ChangeElsewhere): outcome is RefusedChange {
  return outcome.kind === 'refused' && elsewhere.isFor(outcome.reason);
}

/** Stops at the first session that is to be changed elsewhere, which is then the last outcome. */
function changeSome(
  history: OpenHistory,
  ids: readonly string[],
  change: ChangeSession,
  elsewhere: ChangeElsewhere,
): readonly BulkOutcome[] {
  const end = performance.now() + WRITING.held;
  const outcomes: BulkOutcome[] = [];
  for (const id of ids) {
    const outcome = changeOne(history, id, change);
    outcomes.push(outcome);
    if (performance.now() >= end || isFor(outcome, elsewhere)) break;
  }
  return outcomes;
}

/** Uses a savepoint, so that a change that fails half-way is rolled back without the rest of the transaction. */
function changeOne({ reader: { db } }: OpenHistory, id: string, change: ChangeSession): BulkOutcome {
  try {
    return db.transaction(change)(id);
  } catch (error) {
    // A trigger can roll back the whole transaction.
    if (isStoreFailure(error) || !db.inTransaction) throw error;
    return refused(id, toStoreError(error));
  }
}
