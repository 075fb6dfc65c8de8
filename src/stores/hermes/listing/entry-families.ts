import { ENTRIES } from '../../read-model/conditions.js';
import type { SqlQuery } from '../../read-model/sql-piece.js';
import type { ListedEntry } from '../../read-model/session-page.js';
import type { SessionFilter } from '../../../sessions/session-query.js';
import { countOf } from '../file/values.js';
import type { IndexView } from '../index/session-index.js';

/** Sessions that entries show something of: of each the whole chain, with what a race left beside it. */
const FAMILIES = `WITH own AS (SELECT value AS number FROM json_each(?)),
  families AS (SELECT k.family_number FROM own CROSS JOIN known_sessions k ON k.number = own.number)
  SELECT k.session_rowid, k.id FROM families CROSS JOIN known_sessions k ON k.number = families.family_number
  UNION SELECT k.session_rowid, k.id FROM families CROSS JOIN known_sessions k
    ON k.family_number = families.family_number AND k.family_number <> k.number`;

/** Rowids of the sessions that some entries show something of. */
export function rowidsOf({ reader }: IndexView, entries: readonly ListedEntry[]): readonly number[] {
  const numbers = JSON.stringify(entries.map(({ number }) => number));
  return reader.all(FAMILIES, numbers).map((row) => countOf(row.session_rowid));
}

/** Ids of the sessions that an entry shows something of. */
export function familyIdsOf({ reader }: IndexView, { number }: ListedEntry): readonly string[] {
  return reader.all(FAMILIES, JSON.stringify([number])).map((row) => String(row.id));
}

/** Whether entries that were selected in another moment are what they were, and stand where they stood. */
export function areInPlace(
  { reader }: IndexView,
  entries: readonly ListedEntry[],
  { includeChildren }: Pick<SessionFilter, 'includeChildren'>,
): boolean {
  const { table, number, key } = ENTRIES[includeChildren ? 'row' : 'conversation'];
  const places: SqlQuery<Pick<ListedEntry, 'number' | 'started_order' | 'active_order' | 'chain_length'>> = {
    sql: `SELECT e.${number} AS number, e.started_order, e.active_order, e.chain_length
      FROM json_each(:keys) k CROSS JOIN ${table} e ON e.${key} = k.value`,
    parameters: {
      keys: JSON.stringify(entries.map((entry) => (includeChildren ? entry.number : entry.root_number))),
    },
  };
  const now = reader.rowsOf(places);
  return (
    now.length === entries.length &&
    now.every((entry, at) => {
      const then = entries[at];
      return (
        then?.number === entry.number &&
        then.started_order === entry.started_order &&
        then.active_order === entry.active_order &&
        then.chain_length === entry.chain_length
      );
    })
  );
}
