import type { KeptRow } from '../../../sessions/trash/kept-session.js';
import type { HistoryMoment } from '../file/layout.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { quotedName } from '../file/stored-rows.js';
import { storable } from './storable.js';

/** Hermes's table of what each model, including auxiliary ones, has used in a session. The session's own row does not sum these up. */
export const MODEL_USAGE = 'session_model_usage';

/** The columns of {@link MODEL_USAGE}; none if this version has no such table. */
export function usageColumns({ reader, layout }: HistoryMoment): readonly string[] {
  if (!layout.tables.has(MODEL_USAGE)) return [];
  return reader
    .tuples("SELECT name FROM pragma_table_info(?, 'main')", MODEL_USAGE)
    .map(([name]) => String(name));
}

/** Restores the usage rows of a session that is put back. Rows written under its id meanwhile stay. */
export function insertUsage(history: OpenHistory, id: string, usage: readonly KeptRow[]): void {
  if (usage.length === 0) return;
  const known = usageColumns(history);
  if (known.length === 0) return;
  for (const row of usage) {
    const columns = known.filter((column) => column in row);
    history.reader.run(
      `INSERT OR IGNORE INTO ${MODEL_USAGE} (session_id, ${columns.map(quotedName).join(', ')}) VALUES (?${', ?'.repeat(columns.length)})`,
      id,
      ...columns.map((column) => storable(row[column] ?? null)),
    );
  }
}
