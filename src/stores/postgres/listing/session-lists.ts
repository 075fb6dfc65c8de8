import type { EntityManager } from 'typeorm';
import type { Cursor } from '../../../http/cursor.js';
import type { HiddenSessionsResponse } from '../../../sessions/dto/session-list.response.js';
import type {
  SessionFilter,
  SessionPage,
  SessionPageRequest,
  SessionSort,
} from '../../../sessions/session-query.js';
import { allOf, queryNamed, type SqlPiece } from '../connection/named-query.js';
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
import { readListed, type ListedEntry } from './listed-sessions.js';

/** How many entries a list has, and how many the rules kept out of it. */
export interface ListCounts {
  readonly total: number;
  readonly hidden: HiddenSessionsResponse;
}

/** One page of a list without a search. */
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
  const found = await queryNamed<ListedEntry>(
    manager,
    `SELECT e.history_id, e.${id} AS id, e.${key} AS root_id, e.${orderColumn(sort)} AS value, e.started_order, e.active_order
      FROM ${table} e WHERE ${conditions.sql} ${page.order}`,
    { ...conditions.parameters, ...page.parameters },
  );
  const counts = await countList(manager, filter, kind, where);
  return toPage(manager, request, found.slice(0, limit), found.length > limit, counts);
}

/** A page of entries that were selected. */
export async function toPage(
  manager: EntityManager,
  { filter, sort }: SessionPageRequest,
  entries: readonly ListedEntry[],
  isMore: boolean,
  counts: ListCounts,
): Promise<SessionPage> {
  const { access, includeChildren } = filter;
  const placed = await readListed(manager, entries, { sort, access, includeChildren });
  return {
    entries: placed,
    ...counts,
    next: isMore ? (placed.at(-1)?.place ?? null) : null,
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
      afterHistory: Number(cursor.profile) || 0,
    },
  };
}

/** Counts by what is kept, where the filters allow it, else by the rows themselves. */
function countList(
  manager: EntityManager,
  filter: SessionFilter,
  kind: EntryKind,
  where: readonly SqlPiece[],
): Promise<ListCounts> {
  return isCountedByPlatform(filter)
    ? readCounts(manager, filter, kind)
    : countRows(manager, filter, kind, where);
}

interface CountRow {
  readonly kind: EntryKind | 'child';
  readonly archived: boolean;
  readonly entries: number;
}

async function readCounts(
  manager: EntityManager,
  filter: SessionFilter,
  kind: EntryKind,
): Promise<ListCounts> {
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
  const rows = await queryNamed<CountRow>(
    manager,
    `SELECT e.kind, e.archived, CAST(sum(e.entries) AS bigint) AS entries FROM session_counts e WHERE ${where.sql} GROUP BY 1, 2`,
    where.parameters,
  );
  return countsOf(rows, filter, kind);
}

async function countRows(
  manager: EntityManager,
  filter: SessionFilter,
  kind: EntryKind,
  where: readonly SqlPiece[],
): Promise<ListCounts> {
  const entries = allOf(where);
  const [counted, children] = [
    await queryNamed<CountRow>(
      manager,
      `SELECT '${kind}' AS kind, e.archived, count(*) AS entries FROM ${ENTRIES[kind].table} e WHERE ${entries.sql} GROUP BY 2`,
      entries.parameters,
    ),
    kind === 'row' ? [] : await countChildren(manager, filter),
  ];
  return countsOf([...counted, ...children], filter, kind);
}

function countChildren(manager: EntityManager, filter: SessionFilter): Promise<CountRow[]> {
  const rows = allOf(childConditions(filter));
  return queryNamed<CountRow>(
    manager,
    `SELECT 'child' AS kind, e.archived, count(*) AS entries FROM sessions e WHERE ${rows.sql} GROUP BY 2`,
    rows.parameters,
  );
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
