import type { Cursor } from '../../domain/cursor.js';
import type {
  HiddenSessions,
  SessionFilter,
  SessionPageRequest,
  SessionSort,
} from '../../sessions/session-query.js';
import {
  archiveCondition,
  childConditions,
  ENTRIES,
  filterConditions,
  isCountedByPlatform,
  platformCondition,
  type EntryKind,
} from './conditions.js';
import type { Dialect } from './dialect.js';
import { allOf, type SqlPiece, type SqlQuery } from './sql-piece.js';

/** What a list is made of, beside its request. */
export interface ListScope {
  readonly dialect: Dialect;
  /** The name of the history, which tells apart entries of two that are alike in everything else. */
  readonly profile: string;
  /** What has the entries that are to be listed, and no others; all are where it is undefined. */
  readonly candidates?: Candidates;
  /** How many entries the list has, and of how many in all; where it is known before the page is selected. */
  readonly share?: { readonly listed: number; readonly all: number };
}

/** Tables of what a search, or a title, has found. */
export interface Candidates {
  /** SQL that selects entries by their keys: `entry`, with `score` and `message_id`. */
  readonly entries: string;
  /** SQL that selects the numbers of the sessions that were found: `session`. */
  readonly sessions: string;
  readonly parameters: SqlPiece['parameters'];
}

/** An entry of a list: which sessions it shows something of, and where it stands. */
export interface ListedEntry {
  /** The session that it is, and the one with which its chain begins. */
  readonly number: number;
  readonly root_number: number;
  readonly id: string;
  readonly root_id: string;
  readonly tip_rowid: number;
  readonly root_rowid: number;
  readonly chain_length: number;
  /** Whose the first session is. */
  readonly user_id: string | null;
  readonly started_order: number;
  readonly active_order: number;
  /** What the order compares first. */
  readonly value: number;
  /** The best message that was found; null where only a title matched, or nothing was searched. */
  readonly message_id: number | null;
}

/** Selects the entries of a page, and one more where there is one. */
export function pageQuery(request: SessionPageRequest, scope: ListScope): SqlQuery<ListedEntry> {
  const { filter, sort } = request;
  const kind = kindOf(filter);
  const { table, number, id, key } = ENTRIES[kind];
  const value = orderColumn(sort);
  const archived = archiveCondition(filter.archived);
  const page = pageClause(request, value, `e.${id}`, scope.profile);
  const { candidates, dialect } = scope;
  const where = allOf([
    ...filterConditions(
      dialect,
      filter,
      kind,
      walksAlongActivity(request, scope) ? '+e.started_order' : undefined,
    ),
    ...(archived === undefined ? [] : [{ sql: archived, parameters: {} }]),
    ...page.conditions,
  ]);
  const from =
    candidates === undefined
      ? entriesOf(table, filter)
      : `(${candidates.entries}) f CROSS JOIN ${table} e ON e.${key} = f.entry`;
  // An index has all that is compared, so that only rows of the page are read.
  const keys = [
    `e.${key} AS entry, ${value} AS value, e.started_order, e.${id} AS id`,
    candidates === undefined ? 'NULL AS message_id' : 'f.message_id',
  ];
  const columns = [
    `e.${number} AS number, e.root_number, p.id, r.id AS root_id, t.session_rowid AS tip_rowid, r.session_rowid AS root_rowid`,
    'e.chain_length, e.user_id, e.started_order, e.active_order, p.value, p.message_id',
  ];
  return {
    sql: `SELECT ${columns.join(', ')} FROM (SELECT ${keys.join(', ')} FROM ${from} WHERE ${where.sql} ${page.order}) p
      CROSS JOIN ${table} e ON e.${key} = p.entry
      CROSS JOIN known_sessions t ON t.number = e.${number} CROSS JOIN known_sessions r ON r.number = e.root_number
      ORDER BY ${['p.value', 'p.started_order', 'p.id'].map((column) => `${column} ${page.direction}`).join(', ')}`,
    parameters: { ...where.parameters, ...page.parameters, ...candidates?.parameters },
  };
}

/**
 * A table, of which only what is pinned is looked at where a list is of that alone: SQLite knows nothing of how few these are, and would
 * rather walk through all entries of a platform.
 */
function entriesOf(table: string, { pinned }: SessionFilter): string {
  return pinned === true ? `${table} e INDEXED BY ${table}_pinned` : `${table} e`;
}

/** Sorting one entry takes as long as walking past so many. */
const WALKED_FOR_ONE = 12;

/**
 * Whether the entries of a range of starts are found along the order of their activity rather than by their starts: of a large part of all,
 * the first few come soon, and sorting all would take longer. A sign in front keeps SQLite from using the index of starts.
 */
function walksAlongActivity({ sort }: SessionPageRequest, { share, candidates }: ListScope): boolean {
  if (candidates !== undefined || share === undefined || orderColumn(sort) !== 'e.active_order') return false;
  return share.listed * WALKED_FOR_ONE > share.all;
}

/** The place of an entry in its list. */
export function placeOf(entry: ListedEntry, sort: SessionSort, profile: string): Cursor {
  return { sort, value: entry.value, startedAt: entry.started_order, id: entry.id, profile };
}

/** 1 for an ascending order, -1 for a descending one. */
export function directionOf(sort: SessionSort): 1 | -1 {
  return sort === 'relevance' || sort.startsWith('-') ? -1 : 1;
}

function kindOf({ includeChildren }: SessionFilter): EntryKind {
  return includeChildren ? 'row' : 'conversation';
}

function orderColumn(sort: SessionSort): string {
  if (sort === 'relevance') return 'f.score';
  return sort === 'started_at' || sort === '-started_at' ? 'e.started_order' : 'e.active_order';
}

interface PageClause {
  readonly conditions: readonly SqlPiece[];
  readonly direction: 'ASC' | 'DESC';
  /** ORDER BY, LIMIT and OFFSET: one entry more than the page has, which tells whether there is a next one. */
  readonly order: string;
  readonly parameters: SqlPiece['parameters'];
}

/** Ties are broken by start, id and history, in the same direction. */
function pageClause(
  { start, limit, sort }: SessionPageRequest,
  value: string,
  id: string,
  profile: string,
): PageClause {
  const direction = directionOf(sort) === 1 ? 'ASC' : 'DESC';
  const keys = [...new Set([value, 'e.started_order', id])];
  const offset = 'after' in start ? 0 : start.offset;
  return {
    direction,
    conditions: 'after' in start ? [behind(start.after, keys, value, profile, direction)] : [],
    order: `ORDER BY ${keys.map((key) => `${key} ${direction}`).join(', ')} LIMIT :pageLimit OFFSET :pageOffset`,
    parameters: { pageLimit: limit + 1, pageOffset: offset },
  };
}

function behind(
  cursor: Cursor,
  keys: readonly string[],
  value: string,
  profile: string,
  direction: PageClause['direction'],
): SqlPiece {
  const places = keys.map((key) => {
    if (key === value) return ':afterValue';
    return key === 'e.started_order' ? ':afterStart' : ':afterId';
  });
  return {
    sql: `(${keys.join(', ')}, :ownProfile) ${direction === 'DESC' ? '<' : '>'} (${places.join(', ')}, :afterProfile)`,
    parameters: {
      afterValue: cursor.value,
      afterStart: cursor.startedAt,
      afterId: cursor.id,
      afterProfile: cursor.profile,
      ownProfile: profile,
    },
  };
}

/** How many entries a list has, and how many the rules kept out of it. */
export interface ListCounts {
  readonly total: number;
  readonly hidden: HiddenSessions;
}

/** How many entries, or rows that are none, are archived, and how many are not. */
export interface CountRow {
  readonly kind: EntryKind | 'child';
  readonly kept: number | null;
  readonly archived: number | null;
}

/** Selects the numbers that {@link countsOf} adds up. */
export function countsQuery(filter: SessionFilter, scope: ListScope): SqlQuery<CountRow> {
  return scope.candidates === undefined && isCountedByPlatform(filter)
    ? keptCounts(filter, scope.dialect)
    : countedRows(filter, scope);
}

/** Selects counts that are kept. */
function keptCounts({ platforms }: SessionFilter, dialect: Dialect): SqlPiece {
  const where = allOf(platforms === undefined ? [] : [platformCondition(dialect, platforms)]);
  return {
    sql: `SELECT e.kind, sum(e.entries) FILTER (WHERE e.archived = 0) AS kept, sum(e.entries) FILTER (WHERE e.archived = 1) AS archived
      FROM known_counts e WHERE ${where.sql} GROUP BY 1`,
    parameters: where.parameters,
  };
}

const COUNTED =
  'count(*) FILTER (WHERE e.archived = 0) AS kept, count(*) FILTER (WHERE e.archived = 1) AS archived';

/** Selects counts of the rows themselves. */
function countedRows(filter: SessionFilter, { dialect, candidates }: ListScope): SqlPiece {
  const kind = kindOf(filter);
  const { table, key } = ENTRIES[kind];
  const from = (name: string, found: string | undefined, column: string): string =>
    found === undefined ? entriesOf(name, filter) : `(${found}) f CROSS JOIN ${name} e ON e.${column}`;
  const entries = allOf(filterConditions(dialect, filter, kind));
  const counted = `SELECT '${kind}' AS kind, ${COUNTED} FROM ${from(table, candidates?.entries, `${key} = f.entry`)} WHERE ${entries.sql}`;
  if (kind === 'row')
    return { sql: counted, parameters: { ...entries.parameters, ...candidates?.parameters } };
  const children = allOf(childConditions(dialect, filter));
  return {
    sql: `${counted} UNION ALL SELECT 'child', ${COUNTED}
      FROM ${from('known_sessions', candidates?.sessions, 'number = f.session')} WHERE ${children.sql}`,
    parameters: { ...entries.parameters, ...children.parameters, ...candidates?.parameters },
  };
}

/** What a list counts of entries and of rows that are none. */
export function countsOf(
  rows: readonly CountRow[],
  { archived, includeChildren }: Pick<SessionFilter, 'archived' | 'includeChildren'>,
): ListCounts {
  const kind: EntryKind = includeChildren ? 'row' : 'conversation';
  const of = (counted: CountRow['kind']): { readonly within: number; readonly outside: number } => {
    const row = rows.find((one) => one.kind === counted);
    const [kept, put] = [row?.kept ?? 0, row?.archived ?? 0];
    if (archived === 'any') return { within: kept + put, outside: 0 };
    return archived === 'true' ? { within: put, outside: kept } : { within: kept, outside: put };
  };
  const { within: total, outside } = of(kind);
  return { total, hidden: { archived: outside, children: includeChildren ? 0 : of('child').within } };
}
