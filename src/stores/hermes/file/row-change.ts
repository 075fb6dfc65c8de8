import type { SqliteReader } from './sqlite-reader.js';

/** A statement that changes rows, in a form that can be sent to another process. */
export interface RowChange {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
  /** Whether it changes FTS5's own tables, which are read-only by default. */
  readonly changesIndex?: true;
}

/** Runs changes in order inside the open transaction. */
export function runRowChanges(reader: SqliteReader, changes: readonly RowChange[]): void {
  for (const change of changes) runRowChange(reader, change);
}

/** Runs a change inside the open transaction. */
function runRowChange(reader: SqliteReader, { sql, parameters, changesIndex }: RowChange): void {
  reader.db.unsafeMode(changesIndex === true);
  try {
    reader.run(sql, ...parameters);
  } finally {
    reader.db.unsafeMode(false);
  }
}
