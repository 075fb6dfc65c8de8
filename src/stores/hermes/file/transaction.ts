import type { Database, Statement } from 'better-sqlite3';

/** Runs `body` whole or not at all. It must not wait for anything: the transaction's lock would be held meanwhile. */
export function inTransaction<T>(db: Database, begin: 'BEGIN' | 'BEGIN IMMEDIATE', body: () => T): T {
  const { start, commit, rollback } = transactionOf(db, begin);
  start.run();
  try {
    const result = body();
    commit.run();
    return result;
  } catch (error) {
    if (db.inTransaction) rollback.run();
    throw error;
  }
}

interface Transaction {
  readonly start: Statement;
  readonly commit: Statement;
  readonly rollback: Statement;
}

/** Every answer is a transaction, so its statements are compiled once for each connection. */
const TRANSACTIONS = new WeakMap<Database, Transaction>();

/** Each connection begins all of its transactions in the same way. */
function transactionOf(db: Database, begin: string): Transaction {
  let transaction = TRANSACTIONS.get(db);
  if (transaction === undefined) {
    transaction = {
      start: db.prepare(begin),
      commit: db.prepare('COMMIT'),
      rollback: db.prepare('ROLLBACK'),
    };
    TRANSACTIONS.set(db, transaction);
  }
  return transaction;
}
