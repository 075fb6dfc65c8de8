import type { Dialect, EntryTable, HistoryScope, EntryKind } from '../../read-model/dialect.js';
import { USAGE_BOUND } from '../../read-model/usage-bound.js';

/** An entry of the index: `number` is the session that it is, `key` what it is found by. */
interface IndexedEntry extends EntryTable {
  readonly number: string;
  readonly key: string;
}

/** Where the index has entries. */
export const ENTRIES: Readonly<Record<EntryKind, IndexedEntry>> = {
  conversation: { table: 'known_conversations', number: 'tip_number', id: 'tip_id', key: 'root_number' },
  row: { table: 'known_sessions', number: 'number', id: 'id', key: 'number' },
};

/** The function for days that connections have to be given, since SQLite knows no time zones. */
export const DAY_FUNCTION = 'day_of';

function isOneOf(column: string, parameter: string): string {
  return `${column} IN (SELECT value FROM json_each(:${parameter}))`;
}

/** The column of a session by which it, or its chain, is found. */
function memberOf(kind: EntryKind): string {
  return kind === 'row' ? 'e.number IN (SELECT k.number' : 'e.root_number IN (SELECT k.family_number';
}

/** The index in SQLite: several texts are a JSON array, and a history has an index of its own. */
export const SQLITE: Dialect = {
  text: (value) => value,
  texts: (values) => JSON.stringify(values),
  flag: (value) => (value ? '1' : '0'),
  // A damaged row can have anything there.
  number: (column) =>
    `CASE WHEN typeof(${column}) IN ('integer', 'real') AND ${column} BETWEEN -${USAGE_BOUND} AND ${USAGE_BOUND} THEN ${column} END`,
  shown: (column) => `CAST(${column} AS TEXT)`,
  day: (column, parameter) => `${DAY_FUNCTION}(${column}, :${parameter})`,
  isText: (column, parameter) => `${column} = :${parameter}`,
  // SQLite plans by this number, so that it would plan each query anew for which it is bound.
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
  // SQLite knows nothing of how few these are, and would rather walk through all entries of a platform.
  onlyPinned: (table) => `${table} e INDEXED BY ${table}_pinned`,
  isFirst: 'f.number = e.root_number',
  begins: 'c.root_number = e.number',
  isTip: 't.number = c.tip_number',
  goesOn: 'e.family_number <> e.number',
  hasEntry: 'c.root_number = e.root_number',
  counts: { table: 'known_counts', isOfPlatform: (parameter) => isOneOf('e.platform', parameter) },
};

/** The history of a profile, which has the index to itself. */
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
