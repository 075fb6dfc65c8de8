import type { SqliteReader } from './sqlite-reader.js';

/** A statement that changes rows, as it can be told to another process. */
export interface RowChange {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
  /** Whether it changes rows of FTS5's own tables, which are read-only for everybody unless that is said. */
  readonly changesIndex?: true;
}

/** Makes changes one after the other inside the transaction that is open. */
export function runRowChanges(reader: SqliteReader, changes: readonly RowChange[]): void {
  for (const change of changes) runRowChange(reader, change);
}

/** Makes a change inside the transaction that is open. */
function runRowChange(reader: SqliteReader, { sql, parameters, changesIndex }: RowChange): void {
  reader.db.unsafeMode(changesIndex === true);
  try {
    reader.run(sql, ...parameters);
  } finally {
    reader.db.unsafeMode(false);
  }
}
