import type { EntityManager } from 'typeorm';
import type { Cursor } from '../../../domain/cursor.js';
import { DomainError } from '../../../domain/errors.js';
import type {
  HiddenSessions,
  PlacedSession,
  SessionFilter,
  SessionPage,
  SessionPageRequest,
  SessionSort,
} from '../../../sessions/session-query.js';
import { queryNamed } from '../connection/named-query.js';
import { allOf, type SqlPiece } from '../../read-model/sql-piece.js';
import { toStored } from '../schema/stored-text.js';
import {
  archiveCondition,
  childConditions,
  ENTRIES,
  filterConditions,
  historyConditions,
  isCountedByPlatform,
  type EntryKind,
} from './conditions.js';
import { listedRowsSql, readListed, toListed, type ListedEntry, type ListedRow } from './listed-sessions.js';

/** How many entries a list has, and how many the rules kept out of it. */
export interface ListCounts {
  readonly total: number;
  readonly hidden: HiddenSessions;
}

/** One page of a list without a search: one statement, since most of the time goes into asking. */
export async function readPage(manager: EntityManager, request: SessionPageRequest): Promise<SessionPage> {
  const { filter, sort, limit } = request;
  const kind: EntryKind = filter.includeChildren ? 'row' : 'conversation';
  const { table, key, id } = ENTRIES[kind];
  const where = filterConditions(filter, kind);
  const archived = archiveCondition(filter.archived);
  const page = pageClause(request, `e.${orderColumn(sort)}`, `e.${id}`);
  const conditions = allOf([
    ...where,
    ...(archived === undefined ? [] : [{ sql: archived, parameters: {} }]),
    ...page.conditions,
  ]);
  const counts = isCountedByPlatform(filter) ? keptCounts(filter) : countedRows(filter, kind, where);
  const [found] = await queryNamed<FoundPage>(
    manager,
    `WITH page AS MATERIALIZED (
        SELECT e.history_id, e.${id} AS id, e.${key} AS root_id, e.${orderColumn(sort)} AS value, e.started_order, e.active_order
          FROM ${table} e WHERE ${conditions.sql} ${page.order})
      SELECT (SELECT json_agg(p) FROM page p) AS entries, (SELECT json_agg(c) FROM (${counts.sql}) c) AS counts,
        (SELECT json_agg(r) FROM (${listedRowsSql(manager, 'page', filter.access)}) r) AS rows`,
    { ...conditions.parameters, ...page.parameters, ...counts.parameters },
  );
  const entries = found?.entries ?? [];
  const listed = toListed(manager, entries.slice(0, limit), found?.rows ?? [], { ...filter, sort });
  return pageOf(listed, entries.length > limit, countsOf(found?.counts ?? [], filter, kind));
}

/** What one statement gives of a page; null where there is nothing. */
interface FoundPage {
  readonly entries: readonly ListedEntry[] | null;
  readonly counts: readonly CountRow[] | null;
  readonly rows: readonly ListedRow[] | null;
}

/** A page of entries that were selected. */
export async function toPage(
  manager: EntityManager,
  { filter, sort }: SessionPageRequest,
  entries: readonly ListedEntry[],
  isMore: boolean,
  counts: ListCounts,
): Promise<SessionPage> {
  return pageOf(await readListed(manager, entries, { ...filter, sort }), isMore, counts);
}

function pageOf(entries: readonly PlacedSession[], isMore: boolean, counts: ListCounts): SessionPage {
  return {
    entries,
    ...counts,
    next: isMore ? (entries.at(-1)?.place ?? null) : null,
    searchIncomplete: false,
    unavailableProfiles: [],
  };
}

/** How a page is cut out of its list. */
export interface PageClause {
  readonly conditions: readonly SqlPiece[];
  /** ORDER BY, LIMIT and OFFSET: one entry more than the page has, which tells whether there is a next one. */
  readonly order: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/** @param value the expression that is compared first; ties are broken by start, id and history in the same direction. */
export function pageClause(
  { start, limit, sort }: SessionPageRequest,
  value: string,
  id: string,
): PageClause {
  const descending = isDescending(sort);
  const keys = [...new Set([value, 'e.started_order', id, 'e.history_id'])];
  const direction = descending ? 'DESC' : 'ASC';
  const offset = 'after' in start ? 0 : start.offset;
  return {
    conditions: 'after' in start ? [behind(start.after, keys, value, descending)] : [],
    order: `ORDER BY ${keys.map((key) => `${key} ${direction}`).join(', ')} LIMIT :pageLimit OFFSET :pageOffset`,
    parameters: { pageLimit: limit + 1, pageOffset: offset },
  };
}

/** The column that a sort compares first. */
export function orderColumn(sort: SessionSort): 'started_order' | 'active_order' {
  return sort === 'started_at' || sort === '-started_at' ? 'started_order' : 'active_order';
}

function isDescending(sort: SessionSort): boolean {
  return sort === 'relevance' || sort.startsWith('-');
}

function behind(cursor: Cursor, keys: readonly string[], value: string, descending: boolean): SqlPiece {
  const places = keys.map((key) => {
    if (key === value) return ':afterValue';
    if (key === 'e.started_order') return ':afterStart';
    return key === 'e.history_id' ? ':afterHistory' : ':afterId';
  });
  return {
    sql: `(${keys.join(', ')}) ${descending ? '<' : '>'} (${places.join(', ')})`,
    parameters: {
      afterValue: cursor.value,
      afterStart: cursor.startedAt,
      afterId: toStored(cursor.id),
      afterHistory: historyOf(cursor),
    },
  };
}

/** The largest number of a history: PostgreSQL's `integer`. */
const LARGEST_HISTORY = 2_147_483_647;

/**
 * The history that a place names.
 * @throws {DomainError} `invalid_cursor` where it names none, as a cursor of another store does.
 */
function historyOf({ profile }: Cursor): number {
  const history = /^\d{1,10}$/.test(profile) ? Number(profile) : Infinity;
  if (history > LARGEST_HISTORY) throw new DomainError('invalid_cursor', { param: 'after' });
  return history;
}

interface CountRow {
  readonly kind: EntryKind | 'child';
  readonly archived: boolean;
  readonly entries: number;
}

/** Selects counts that are kept, where the filters allow it. */
function keptCounts(filter: SessionFilter): SqlPiece {
  const where = allOf([
    ...historyConditions(filter.access),
    ...(filter.platforms === undefined
      ? []
      : [
          {
            // As the totals name them, which are keys of an index.
            sql: 'e.platform IN (SELECT left(unnest(CAST(:platforms AS text[])), 200))',
            parameters: { platforms: filter.platforms.map(toStored) },
          },
        ]),
  ]);
  return {
    sql: `SELECT e.kind, e.archived, CAST(sum(e.entries) AS bigint) AS entries FROM session_counts e WHERE ${where.sql} GROUP BY 1, 2`,
    parameters: where.parameters,
  };
}

/** Selects counts of the rows themselves. */
function countedRows(filter: SessionFilter, kind: EntryKind, where: readonly SqlPiece[]): SqlPiece {
  const entries = allOf(where);
  const children = allOf(childConditions(filter));
  const counted = `SELECT '${kind}' AS kind, e.archived, count(*) AS entries FROM ${ENTRIES[kind].table} e WHERE ${entries.sql} GROUP BY 2`;
  if (kind === 'row') return { sql: counted, parameters: entries.parameters };
  return {
    sql: `${counted} UNION ALL SELECT 'child', e.archived, count(*) FROM sessions e WHERE ${children.sql} GROUP BY 2`,
    parameters: { ...entries.parameters, ...children.parameters },
  };
}

/** What a list counts of entries and of rows that are none, each by whether it is archived. */
export function countsOf(
  rows: readonly CountRow[],
  { archived }: Pick<SessionFilter, 'archived'>,
  kind: EntryKind,
): ListCounts {
  const of = (counted: CountRow['kind'], isArchived: boolean): number =>
    rows.find((row) => row.kind === counted && row.archived === isArchived)?.entries ?? 0;
  const within = (counted: CountRow['kind']): number =>
    (archived === 'true' ? 0 : of(counted, false)) + (archived === 'false' ? 0 : of(counted, true));
  const outside = of(kind, true) + of(kind, false) - within(kind);
  return {
    total: within(kind),
    hidden: { archived: outside, children: kind === 'row' ? 0 : within('child') },
  };
}
