import type { Database } from 'better-sqlite3';
import { ApiError } from '../../../http/errors.js';
import { refused, tellDone, type BulkOutcome, type OnCommit } from '../../../sessions/session-bulk.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';

/** How long one transaction goes on taking the next session, in milliseconds: with the commit, the lock is held about twice as long. */
const WORK = 30;

/** Changes one session inside a transaction. What it throws as an {@link ApiError} must leave the session as it was. */
export type ChangeSession = (id: string) => BulkOutcome;

/** How sessions are changed in several transactions. */
export interface ShortTransactions {
  /** Is called once for each transaction. */
  readonly begin: (db: Database, history: OpenHistory) => ChangeSession;
  readonly onCommit: OnCommit;
  /** Milliseconds, after which no other transaction begins. */
  readonly limit: number;
}

/**
 * Changes sessions one after the other, in transactions that are short however many there are; between them the
 * connection leaves the lock to the owner.
 * @returns an outcome for each id, in order, up to the last one that was reached in time. When a transaction fails, nothing of it has happened, and it and the rest are refused.
 */
export async function changeInShortTransactions(
  connection: HermesConnection,
  ids: readonly string[],
  { begin, onCommit, limit }: ShortTransactions,
): Promise<readonly BulkOutcome[]> {
  const outcomes: BulkOutcome[] = [];
  const end = performance.now() + limit;
  while (outcomes.length < ids.length && performance.now() < end) {
    const left = ids.slice(outcomes.length);
    try {
      const some = await connection.transaction((db, history) => changeSome(left, begin(db, history)));
      tellDone(some, onCommit);
      outcomes.push(...some);
    } catch (error) {
      return [...outcomes, ...left.map((id) => refused(id, error))];
    }
  }
  return outcomes;
}

function changeSome(ids: readonly string[], change: ChangeSession): readonly BulkOutcome[] {
  const end = performance.now() + WORK;
  const outcomes: BulkOutcome[] = [];
  for (const id of ids) {
    outcomes.push(changeOne(id, change));
    if (performance.now() >= end) break;
  }
  return outcomes;
}

function changeOne(id: string, change: ChangeSession): BulkOutcome {
  try {
    return change(id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return refused(id, error);
  }
}
