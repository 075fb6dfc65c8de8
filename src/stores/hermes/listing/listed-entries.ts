import type { Cursor } from '../../../domain/cursor.js';
import type { SessionFilter, SessionPageRequest, SessionSort } from '../../../sessions/session-query.js';
import {
  directionOf,
  kindOf,
  pageKeys,
  type Candidates,
  type ListScope,
} from '../../read-model/session-page.js';
import type { SqlQuery } from '../../read-model/sql-piece.js';
import { rowidOf } from '../file/rowids.js';
import type { IndexView } from '../index/session-index.js';
import { ENTRIES } from '../index/sqlite-dialect.js';

/** An entry of a list: the sessions that it shows, and its position. */
export interface ListedEntry {
  /** The number of the session that it shows, and that of the root of its chain. */
  readonly number: number;
  readonly root_number: number;
  readonly id: string;
  readonly root_id: string;
  readonly tip_rowid: number;
  readonly root_rowid: number;
  readonly chain_length: number;
  /** The owner of the root. */
  readonly user_id: string | null;
  readonly started_order: number;
  readonly active_order: number;
  /** The primary value of the order. */
  readonly value: number;
  /** The best message that was found; null if only a title matched, or nothing was searched. */
  readonly message_id: number | null;
}

/** Selects the entries of a page, and one more if there is one. */
export function pageQuery(request: SessionPageRequest, scope: ListScope): SqlQuery<ListedEntry> {
  const { table, number, key } = ENTRIES[kindOf(request.filter)];
  const message = scope.candidates === undefined ? 'NULL' : 'f.message_id';
  // An index has all compared columns, so only rows of the page are read.
  const page = pageKeys(request, scope, `e.${key} AS entry, ${message} AS message_id`);
  const direction = directionOf(request.sort) === 1 ? 'ASC' : 'DESC';
  const columns = [
    `e.${number} AS number, e.root_number, p.id, r.id AS root_id, t.session_rowid AS tip_rowid, r.session_rowid AS root_rowid`,
    'e.chain_length, e.user_id, e.started_order, e.active_order, p.value, p.message_id',
  ];
  return {
    sql: `SELECT ${columns.join(', ')} FROM (${page.sql}) p CROSS JOIN ${table} e ON e.${key} = p.entry
      CROSS JOIN known_sessions t ON t.number = e.${number} CROSS JOIN known_sessions r ON r.number = e.root_number
      ORDER BY ${['p.value', 'p.started_order', 'p.id'].map((column) => `${column} ${direction}`).join(', ')}`,
    parameters: page.parameters,
  };
}

/** The cursor of an entry in its list. */
export function placeOf(entry: ListedEntry, sort: SessionSort, profile: string): Cursor {
  return { sort, value: entry.value, startedAt: entry.started_order, id: entry.id, profile };
}

/** Entries by session ids. A conversation is found by any session of its chain, so one that has continued meanwhile is still found. */
export function entriesWithIds(ids: readonly string[], includeChildren: boolean): Candidates {
  const { table, key } = ENTRIES[includeChildren ? 'row' : 'conversation'];
  const member = includeChildren ? 'number' : 'family_number';
  const named = `(SELECT DISTINCT k.${member} AS session, NULL AS message_id FROM json_each(:ids) i
    CROSS JOIN known_sessions k ON k.id = i.value) f`;
  return {
    entries: `${named} CROSS JOIN ${table} e ON e.${key} = f.session`,
    sessions: `${named} CROSS JOIN known_sessions e ON e.number = f.session`,
    parameters: { ids: JSON.stringify(ids) },
  };
}

/** The sessions behind entries: for each the whole chain, with what a race left beside it. */
const FAMILIES = `WITH own AS (SELECT value AS number FROM json_each(?)),
  families AS (SELECT k.family_number FROM own CROSS JOIN known_sessions k ON k.number = own.number)
  SELECT k.session_rowid, k.id FROM families CROSS JOIN known_sessions k ON k.number = families.family_number
  UNION SELECT k.session_rowid, k.id FROM families CROSS JOIN known_sessions k
    ON k.family_number = families.family_number AND k.family_number <> k.number`;

/** Rowids of the sessions behind some entries. */
export function rowidsOf({ reader }: IndexView, entries: readonly ListedEntry[]): readonly number[] {
  const numbers = JSON.stringify(entries.map(({ number }) => number));
  return reader.all(FAMILIES, numbers).map((row) => rowidOf(row.session_rowid));
}

/** Ids of the sessions behind an entry. */
export function familyIdsOf({ reader }: IndexView, { number }: ListedEntry): readonly string[] {
  return reader.all(FAMILIES, JSON.stringify([number])).map((row) => String(row.id));
}

/** Whether entries selected in another snapshot are unchanged, and at the same positions. */
export function areInPlace(
  { reader }: IndexView,
  entries: readonly ListedEntry[],
  filter: Pick<SessionFilter, 'includeChildren'>,
): boolean {
  const { table, number, key } = ENTRIES[kindOf(filter)];
  const places: SqlQuery<Pick<ListedEntry, 'number' | 'started_order' | 'active_order' | 'chain_length'>> = {
    sql: `SELECT e.${number} AS number, e.started_order, e.active_order, e.chain_length
      FROM json_each(:keys) k CROSS JOIN ${table} e ON e.${key} = k.value`,
    parameters: {
      keys: JSON.stringify(
        entries.map((entry) => (filter.includeChildren ? entry.number : entry.root_number)),
      ),
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
