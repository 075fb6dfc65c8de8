import type { Database } from 'better-sqlite3';

/** A statement that changes rows, as it can be told to another process. */
export interface RowChange {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
  /** Whether it changes rows of FTS5's own tables, which are read-only for everybody unless that is said. */
  readonly changesIndex?: true;
}

/** Makes changes one after the other inside the transaction that is open. */
export function runRowChanges(db: Database, changes: readonly RowChange[]): void {
  for (const change of changes) runRowChange(db, change);
}

/** Makes a change inside the transaction that is open. */
function runRowChange(db: Database, { sql, parameters, changesIndex }: RowChange): void {
  db.unsafeMode(changesIndex === true);
  try {
    db.prepare(sql).run(...parameters);
  } finally {
    db.unsafeMode(false);
  }
}
