import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Cursor } from '../../../http/cursor.js';
import type { HiddenSessionsResponse } from '../../../sessions/dto/session-list.response.js';
import type { SessionFilter, SessionPageRequest, SessionSort } from '../../../sessions/session-query.js';
import type { Row, SqliteReader } from '../file/sqlite-reader.js';
import { countOf, numberOf, requiredText } from '../file/values.js';

/** One place in a list: which row it is, and what the order compared. */
export interface ListedEntry {
  readonly rowid: number;
  readonly rootRowid: number;
  readonly id: string;
  readonly lastActiveAt: number;
  readonly startedAt: number;
  /** How well it matches; 0 where nothing was searched. */
  readonly score: number;
  readonly matchedMessageId: number | null;
}

/** Which entries a page has, and how many there are in all. */
export interface Listing {
  readonly entries: readonly ListedEntry[];
  readonly total: number;
  readonly next: Cursor | null;
  readonly hidden: HiddenSessionsResponse;
}

// TypeORM takes a dot in a join for a relation, so the tables go without `temp.`; SQLite looks there first.
type Query = SelectQueryBuilder<ObjectLiteral>;

interface Order {
  readonly column: 'e.last_active_at' | 'e.started_order' | 'hit.score';
  readonly direction: 'ASC' | 'DESC';
}

const ORDERS: Readonly<Record<SessionSort, Order>> = {
  relevance: { column: 'hit.score', direction: 'DESC' },
  '-last_active_at': { column: 'e.last_active_at', direction: 'DESC' },
  last_active_at: { column: 'e.last_active_at', direction: 'ASC' },
  '-started_at': { column: 'e.started_order', direction: 'DESC' },
  started_at: { column: 'e.started_order', direction: 'ASC' },
};

/** Selects a page of the index. Where the filter has a search, `temp.search_matches` holds its matches already. */
export function readListing(reader: SqliteReader, request: SessionPageRequest): Listing {
  const { filter, sort, limit } = request;
  const entries = filter.includeChildren ? sessionRows(reader, filter) : conversations(reader, filter);
  const total = reader.count(archiveRule(entries.clone(), filter.archived).select('count(*)', 'total'));
  const page = orderBy(archiveRule(entries.clone(), filter.archived), sort).select(entryColumns(filter));
  if ('after' in request.start) startAfter(page, sort, request.start.after);
  else page.offset(request.start.offset);
  const rows = reader.rows(page.limit(limit + 1)).map(toEntry);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    entries: rows.slice(0, limit),
    total,
    next: last === undefined ? null : cursorAt(last, sort),
    hidden: {
      archived:
        filter.archived === 'any' ? 0 : reader.count(entries.clone().select('count(*)', 'total')) - total,
      children: filter.includeChildren ? 0 : countKeptOutChildren(reader, filter),
    },
  };
}

function conversations(reader: SqliteReader, filter: SessionFilter): Query {
  const query = commonFilters(reader.query().from('conversations', 'e'), filter);
  if (filter.search !== undefined) {
    query.innerJoin('search_matches', 'hit', 'hit.entry_rowid = e.root_rowid');
  }
  if (filter.title !== undefined) {
    query.andWhere('e.root_rowid IN (SELECT t.root_rowid FROM temp.session_facts t WHERE t.title = :title)', {
      title: filter.title,
    });
  }
  return query;
}

function sessionRows(reader: SqliteReader, filter: SessionFilter): Query {
  const query = commonFilters(reader.query().from('session_facts', 'e'), filter);
  if (filter.search !== undefined) {
    query.innerJoin('search_matches', 'hit', 'hit.entry_rowid = e.session_rowid');
  }
  if (filter.title !== undefined) query.andWhere('e.title = :title', { title: filter.title });
  return query;
}

function commonFilters(query: Query, filter: SessionFilter): Query {
  query.where('1 = 1');
  if (filter.platforms !== undefined) {
    query.andWhere('e.platform IN (:...platforms)', { platforms: filter.platforms });
  }
  if (filter.since !== undefined) query.andWhere('e.started_order >= :since', { since: filter.since });
  if (filter.until !== undefined) {
    query.andWhere('e.started_order < :until AND e.started_order >= 0', { until: filter.until });
  }
  if (filter.userId !== undefined) query.andWhere('e.user_id = :userId', { userId: filter.userId });
  if (filter.model !== undefined) query.andWhere('e.model = :model', { model: filter.model });
  return query;
}

function archiveRule(query: Query, archived: SessionFilter['archived']): Query {
  if (archived !== 'any') query.andWhere('e.archived = :archived', { archived: archived === 'true' ? 1 : 0 });
  return query;
}

/** Session rows that match by themselves but are not an entry: delegates, and all but the tip of a chain. */
function countKeptOutChildren(reader: SqliteReader, filter: SessionFilter): number {
  const query = sessionRows(reader, { ...filter, search: undefined }).andWhere('e.is_entry = 0');
  if (filter.search !== undefined) {
    query.innerJoin('search_hits', 'hit', 'hit.session_rowid = e.session_rowid');
  }
  return reader.count(archiveRule(query, filter.archived).select('count(*)', 'total'));
}

function orderBy(query: Query, sort: SessionSort): Query {
  const { column, direction } = ORDERS[sort];
  return query
    .orderBy(column, direction)
    .addOrderBy('e.started_order', direction)
    .addOrderBy('e.id', direction);
}

function startAfter(query: Query, sort: SessionSort, after: Cursor): void {
  const { column, direction } = ORDERS[sort];
  query.andWhere(
    `(${column}, e.started_order, e.id) ${direction === 'DESC' ? '<' : '>'} (:afterValue, :afterStart, :afterId)`,
    { afterValue: after.value, afterStart: after.startedAt, afterId: after.id },
  );
}

function cursorAt(entry: ListedEntry, sort: SessionSort): Cursor {
  return { sort, value: orderedValue(entry, ORDERS[sort].column), startedAt: entry.startedAt, id: entry.id };
}

function orderedValue(entry: ListedEntry, column: Order['column']): number {
  switch (column) {
    case 'hit.score':
      return entry.score;
    case 'e.last_active_at':
      return entry.lastActiveAt;
    case 'e.started_order':
      return entry.startedAt;
  }
}

function entryColumns(filter: SessionFilter): string[] {
  return [
    'e.session_rowid AS session_rowid',
    'e.root_rowid AS root_rowid',
    'e.id AS id',
    'e.last_active_at AS last_active_at',
    'e.started_order AS started_order',
    ...(filter.search === undefined ? [] : ['hit.score AS score', 'hit.message_id AS message_id']),
  ];
}

function toEntry(row: Row): ListedEntry {
  return {
    rowid: countOf(row.session_rowid),
    rootRowid: countOf(row.root_rowid),
    id: requiredText(row, 'id'),
    lastActiveAt: numberOf(row.last_active_at) ?? -1,
    startedAt: numberOf(row.started_order) ?? -1,
    score: numberOf(row.score) ?? 0,
    matchedMessageId: numberOf(row.message_id),
  };
}
