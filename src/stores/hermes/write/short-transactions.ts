import {
  refused,
  tellDone,
  type BulkOutcome,
  type ChangedSome,
  type OnCommit,
} from '../../../sessions/session-bulk.js';
import { isStoreFailure, toStoreError } from '../file/sqlite-failure.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';

/**
 * How long one transaction goes on taking the next session, in milliseconds. The lock is held for that, for what a transaction has to read
 * before its first session, and for the commit.
 */
const WORK = 30;

/** Changes one session inside a transaction. What it throws leaves the session as it was. */
export type ChangeSession = (id: string) => BulkOutcome;

/** How sessions are changed in several transactions. */
export interface ShortTransactions {
  /** Is called once for each transaction. */
  readonly begin: (history: OpenHistory) => ChangeSession;
  readonly onCommit: OnCommit;
  /** Milliseconds, after which no other transaction begins. */
  readonly limit: number;
}

/**
 * Changes sessions one after the other, in transactions that are short however many there are; between them the
 * connection leaves the lock to the owner.
 */
export async function changeInShortTransactions(
  connection: HermesConnection,
  ids: readonly string[],
  { begin, onCommit, limit }: ShortTransactions,
): Promise<ChangedSome> {
  const outcomes: BulkOutcome[] = [];
  const end = performance.now() + limit;
  while (outcomes.length < ids.length && performance.now() < end) {
    const left = ids.slice(outcomes.length);
    try {
      const some = await connection.transaction((history) => changeSome(history, left, begin(history)));
      outcomes.push(...some);
      tellDone(some, onCommit);
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
      return { outcomes, failure };
    }
  }
  return { outcomes };
}

function changeSome(
  history: OpenHistory,
  ids: readonly string[],
  change: ChangeSession,
): readonly BulkOutcome[] {
  const end = performance.now() + WORK;
  const outcomes: BulkOutcome[] = [];
  for (const id of ids) {
    outcomes.push(changeOne(history, id, change));
    if (performance.now() >= end) break;
  }
  return outcomes;
}

/** Within a savepoint, so that a change that fails half-way takes nothing else of the transaction with it. */
function changeOne({ reader: { db } }: OpenHistory, id: string, change: ChangeSession): BulkOutcome {
  try {
    return db.transaction(change)(id);
  } catch (error) {
    // A trigger can end the whole transaction.
    if (isStoreFailure(error) || !db.inTransaction) throw error;
    return refused(id, toStoreError(error));
  }
}
