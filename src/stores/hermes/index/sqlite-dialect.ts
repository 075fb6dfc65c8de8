import type { Dialect, EntryTable, HistoryScope, EntryKind } from '../../read-model/dialect.js';
import { USAGE_BOUND } from '../../read-model/usage-bound.js';

/** A table of entries in the index: `number` is the column of the session shown, `key` that of the entry's key. */
interface IndexedEntry extends EntryTable {
  readonly number: string;
  readonly key: string;
}

/** The tables of the index that hold entries. */
export const ENTRIES: Readonly<Record<EntryKind, IndexedEntry>> = {
  conversation: { table: 'known_conversations', number: 'tip_number', id: 'tip_id', key: 'root_number' },
  row: { table: 'known_sessions', number: 'number', id: 'id', key: 'number' },
};

/** The function for days that each connection must define, since SQLite has no time zones. */
export const DAY_FUNCTION = 'day_of';

function isOneOf(column: string, parameter: string): string {
  return `${column} IN (SELECT value FROM json_each(:${parameter}))`;
}

/**
 * The start of a condition on an entry: its session, or a member of its chain, is among those selected after it. The caller closes the parenthesis.
 */
function memberOf(kind: EntryKind): string {
  return kind === 'row' ? 'e.number IN (SELECT k.number' : 'e.root_number IN (SELECT k.family_number';
}

/** The read model's SQL for SQLite: lists of texts are JSON arrays, and each history has an index of its own. */
export const SQLITE: Dialect = {
  text: (value) => value,
  texts: (values) => JSON.stringify(values),
  flag: (value) => (value ? '1' : '0'),
  // A damaged row can hold any type there.
  number: (column) =>
    `CASE WHEN typeof(${column}) IN ('integer', 'real') AND ${column} BETWEEN -${USAGE_BOUND} AND ${USAGE_BOUND} THEN ${column} END`,
  shown: (column) => `CAST(${column} AS TEXT)`,
  day: (column, parameter) => `${DAY_FUNCTION}(${column}, :${parameter})`,
  isText: (column, parameter) => `${column} = :${parameter}`,
  // Not a bound parameter: SQLite plans by the limit, and would plan the query again for each bound value.
  limit: String,
  isOneOf,
  join: 'CROSS JOIN',
  entries: ENTRIES,
  within: () => [],
  arePlatformsAmong: (alias, parameter) =>
    `${isOneOf(`${alias}.platform`, parameter)} AND (${alias}.other_platforms IS NULL
      OR NOT EXISTS (SELECT 1 FROM json_each(${alias}.other_platforms) own
        WHERE own.value NOT IN (SELECT value FROM json_each(:${parameter}))))`,
  // An agent can rename a session at any time, so titles are looked up in its own file.
  isTitled: (kind, parameter) =>
    `${memberOf(kind)} FROM sessions s CROSS JOIN known_sessions k ON k.id = s.id WHERE s.title = :${parameter})`,
  worksIn: (kind, folder, within) =>
    `${memberOf(kind)} FROM known_sessions k WHERE k.cwd = :${folder} OR k.cwd LIKE :${within} ESCAPE '\\')`,
  isPinned: { row: 'e.pinned', conversation: 'e.pinned' },
  // SQLite does not know how few these are, and would scan all entries of a platform instead.
  onlyPinned: (table) => `${table} e INDEXED BY ${table}_pinned`,
  isFirst: 'f.number = e.root_number',
  begins: 'c.root_number = e.number',
  isTip: 't.number = c.tip_number',
  goesOn: 'e.family_number <> e.number',
  hasEntry: 'c.root_number = e.root_number',
  counts: { table: 'known_counts', isOfPlatform: (parameter) => isOneOf('e.platform', parameter) },
};

/** The scope of one profile's history, which has the index to itself. */
export function historyScope(profile: string): HistoryScope {
  return {
    sql: ':ownProfile',
    order: [],
    of: (place) => place.profile,
    name: ':ownProfile AS profile, NULL AS origin',
    join: () => '',
    parameters: { ownProfile: profile },
  };
}
