import type { HistoryName } from '../../../sessions/session-access.js';
import {
  refused,
  tellDone,
  type BulkOutcome,
  type RefusedChange,
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

/** How what is not changed here is changed elsewhere, by itself. */
export interface ChangeElsewhere {
  /** Whether that may be done, by why it was not changed here. */
  readonly isFor: (reason: unknown) => boolean;
  readonly change: (id: string, reason: unknown) => Promise<BulkOutcome>;
}

/** How sessions are changed in several transactions. */
export interface ShortTransactions {
  /** Is called once for each transaction. */
  readonly begin: (history: OpenHistory) => ChangeSession;
  /** What the history is called. */
  readonly history: HistoryName;
  readonly onCommit: OnCommit;
  /** Milliseconds, after which no other transaction begins. */
  readonly limit: number;
  readonly elsewhere?: ChangeElsewhere;
}

/**
 * Changes sessions one after the other, in transactions that are short however many there are; between them the
 * connection leaves the lock to the owner.
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

/** What is for elsewhere is the last. */
function changeSome(
  history: OpenHistory,
  ids: readonly string[],
  change: ChangeSession,
  elsewhere: ChangeElsewhere,
): readonly BulkOutcome[] {
  const end = performance.now() + WORK;
  const outcomes: BulkOutcome[] = [];
  for (const id of ids) {
    const outcome = changeOne(history, id, change);
    outcomes.push(outcome);
    if (performance.now() >= end || isFor(outcome, elsewhere)) break;
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
