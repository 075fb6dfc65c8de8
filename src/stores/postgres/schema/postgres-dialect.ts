import type { Cursor } from '../../../domain/cursor.js';
import { DomainError } from '../../../domain/errors.js';
import type { SessionAccess } from '../../../domain/access.js';
import type { Dialect, EntryKind, EntryTable, HistoryScope } from '../../read-model/dialect.js';
import type { SqlPiece } from '../../read-model/sql-piece.js';
import { toStored } from './stored-text.js';

/** A table of list entries; `key` identifies an entry within its history. */
interface StoredEntry extends EntryTable {
  readonly key: string;
}

/** The table of each kind of entry. */
export const ENTRIES: Readonly<Record<EntryKind, StoredEntry>> = {
  conversation: { table: 'conversations', key: 'root_id', id: 'tip_id' },
  row: { table: 'sessions', key: 'id', id: 'id' },
};

const IS_FIRST = 'f.history_id = e.history_id AND f.id = e.root_id';

/** Titles can be too long for an index, so the index contains hashes. */
function hasTitle(alias: string, parameter: string): string {
  return `md5(${alias}.title) = md5(:${parameter}) AND ${alias}.title = :${parameter}`;
}

/** The PostgreSQL tables, which hold many histories. */
export const POSTGRES: Dialect = {
  text: toStored,
  texts: (values) => values.map(toStored),
  flag: String,
  number: (column) => column,
  shown: (column) => column,
  // Formatted once per group rather than per session.
  day: (column, parameter) => `CAST(to_timestamp(${column}) AT TIME ZONE :${parameter} AS date)`,
  // The index contains prefixes of these texts.
  isText: (column, parameter) =>
    `left(${column}, 100) = left(:${parameter}, 100) AND ${column} = :${parameter}`,
  limit: (_count, parameter) => `:${parameter}`,
  isOneOf: (column, parameter) => `${column} = ANY(:${parameter})`,
  join: 'JOIN',
  entries: ENTRIES,
  within: historyConditions,
  arePlatformsAmong: (alias, parameter) => `${alias}.platforms <@ CAST(:${parameter} AS text[])`,
  isTitled: (kind, parameter) =>
    kind === 'row'
      ? hasTitle('e', parameter)
      : `(e.history_id, e.root_id) IN (SELECT t.history_id, t.root_id FROM sessions t WHERE ${hasTitle('t', parameter)})`,
  worksIn: undefined,
  isPinned: {
    row: 'e.pinned',
    conversation: `e.is_pinned AND EXISTS (SELECT 1 FROM sessions f WHERE ${IS_FIRST} AND f.pinned)`,
  },
  onlyPinned: (table) => `${table} e`,
  isFirst: IS_FIRST,
  begins: 'c.history_id = e.history_id AND c.number = e.number',
  isTip: 't.history_id = c.history_id AND t.id = c.tip_id',
  goesOn: 'e.root_number <> e.number',
  hasEntry: 'c.history_id = e.history_id AND c.number = e.root_number',
  counts: {
    table: 'session_counts',
    // Truncated as in the totals, where it is part of an index key.
    isOfPlatform: (parameter) => `e.platform IN (SELECT left(unnest(CAST(:${parameter} AS text[])), 200))`,
  },
};

/**
 * SQL conditions that restrict a table with a `history_id` to the accessible histories. Every query must use them.
 * @param alias of that table.
 */
export function historyConditions({ profiles, origins }: SessionAccess, alias: string): readonly SqlPiece[] {
  if (profiles === undefined && origins === undefined) return [];
  const conditions = [
    ...(profiles === undefined ? [] : ['h.profile = ANY(:accessProfiles)']),
    ...(origins === undefined ? [] : ['h.origin = ANY(:accessOrigins)']),
  ];
  return [
    {
      sql: `${alias}.history_id IN (SELECT h.id FROM histories h WHERE ${conditions.join(' AND ')})`,
      parameters: {
        accessProfiles: profiles?.map(toStored),
        accessOrigins: origins?.map(toStored),
      },
    },
  ];
}

/** The largest history number: PostgreSQL's `integer`. */
const LARGEST_HISTORY = 2_147_483_647;

/** Histories are identified by numbers. */
export const HISTORIES: HistoryScope = {
  sql: 'e.history_id',
  order: ['e.history_id'],
  of: historyOf,
  name: 'h.profile, h.origin',
  join: (alias) => `JOIN histories h ON h.id = ${alias}.history_id`,
  parameters: {},
};

/**
 * The history number in a cursor.
 * @throws {DomainError} `invalid_cursor` if there is none, as in a cursor of another store.
 */
function historyOf({ profile }: Cursor): number {
  const history = /^\d{1,10}$/.test(profile) ? Number(profile) : Infinity;
  if (history > LARGEST_HISTORY) throw new DomainError('invalid_cursor', { param: 'after' });
  return history;
}
