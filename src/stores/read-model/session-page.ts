import type {
  HiddenSessions,
  PlacedSession,
  SessionFilter,
  SessionPage,
  SessionPageRequest,
  SessionSort,
} from '../../sessions/session-query.js';
import { archiveConditions, childConditions, filterConditions, isCountedByPlatform } from './conditions.js';
import type { Dialect, EntryKind, ReadScope } from './dialect.js';
import { allOf, together, type SqlPiece, type SqlQuery } from './sql-piece.js';

/** The context of a list, besides its request. */
export interface ListScope extends ReadScope {
  /** The only entries to list; undefined for all. */
  readonly candidates?: Candidates;
  /** How many entries the list has, and out of how many; if known before the page is selected. */
  readonly share?: { readonly listed: number; readonly all: number };
}

/** The results of a search, instead of all entries. */
export interface Candidates {
  /** FROM clause with the entries `e` and their scores, `f.score`. */
  readonly entries: string;
  /** FROM clause with the sessions `e` that were found. */
  readonly sessions: string;
  readonly parameters: SqlPiece['parameters'];
}

/** The position of an entry in its list. */
export interface EntryPlace {
  readonly id: string;
  /** The primary sort key. */
  readonly value: number;
  readonly started_order: number;
}

/**
 * Selects the keys of a page's entries, and of one more if there is one.
 * @param keys columns to select of each entry `e`, besides its position.
 */
export function pageKeys<Keys>(
  request: SessionPageRequest,
  scope: ListScope,
  keys: string,
): SqlQuery<Keys & EntryPlace> {
  const { filter } = request;
  const { dialect, candidates } = scope;
  const kind = kindOf(filter);
  const { table, id } = dialect.entries[kind];
  const page = pageClause(request, scope, `e.${id}`);
  const started = walksAlongActivity(request, scope) ? '+e.started_order' : undefined;
  const where = allOf([
    ...filterConditions(dialect, filter, kind, started),
    ...archiveConditions(dialect, filter.archived),
    ...page.conditions,
  ]);
  return {
    sql: `SELECT ${keys}, e.${id} AS id, ${page.value} AS value, e.started_order
      FROM ${candidates?.entries ?? entriesOf(table, filter, dialect)} WHERE ${where.sql} ${page.order}`,
    parameters: together(where.parameters, page.parameters, candidates?.parameters),
  };
}

/** The FROM clause of a list; for pinned entries only, the dialect may restrict it. */
function entriesOf(table: string, { pinned }: SessionFilter, { onlyPinned }: Dialect): string {
  return pinned === true ? onlyPinned(table) : `${table} e`;
}

/** Selects every `every`-th entry that a query selects, in the same order. */
export function sampleOf<Entry>({ sql, parameters }: SqlQuery<Entry>, every: number): SqlQuery<Entry> {
  if (every === 1) return { sql, parameters };
  return {
    sql: `SELECT * FROM (SELECT l.*, row_number() OVER () AS nth FROM (${sql}) l) WHERE nth % :every = 0`,
    parameters: together(parameters, { every }),
  };
}

/** Sorting one entry takes as long as scanning this many. */
const WALKED_FOR_ONE = 12;

/**
 * Whether entries in a range of start times are found by scanning in order of activity, rather than by the start index. If the range is a
 * large part of all entries, the first matches come soon, and sorting all would take longer. A unary plus keeps SQLite from using the
 * start index.
 */
function walksAlongActivity({ sort }: SessionPageRequest, { share, candidates }: ListScope): boolean {
  if (candidates !== undefined || share === undefined || orderColumn(sort) !== 'e.active_order') return false;
  return share.listed * WALKED_FOR_ONE > share.all;
}

/** 1 for an ascending order, -1 for a descending one. */
export function directionOf(sort: SessionSort): 1 | -1 {
  return sort === 'relevance' || sort.startsWith('-') ? -1 : 1;
}

/** The kind of entries that a list has. */
export function kindOf({ includeChildren }: Pick<SessionFilter, 'includeChildren'>): EntryKind {
  return includeChildren ? 'row' : 'conversation';
}

function orderColumn(sort: SessionSort): 'e.started_order' | 'e.active_order' | undefined {
  if (sort === 'relevance') return undefined;
  return sort === 'started_at' || sort === '-started_at' ? 'e.started_order' : 'e.active_order';
}

/** The SQL clauses that cut a page out of its list. */
export interface PageClause {
  /** SQL for the primary sort key. */
  readonly value: string;
  readonly conditions: readonly SqlPiece[];
  /** The ORDER BY terms. */
  readonly keys: readonly string[];
  /** ORDER BY, LIMIT and OFFSET. The limit is one more than the page, which shows whether there is a next page. */
  readonly order: string;
  readonly parameters: SqlPiece['parameters'];
}

/** Added to the score of an entry whose title matches: somebody who types a title is looking for that conversation. */
export const TITLE_SCORE = 1000;

/**
 * The clauses for a page of entries `e`. Ties are broken by start, id and history, in the same direction.
 * @param id SQL for the id of an entry.
 * @param score SQL for its relevance.
 */
export function pageClause(
  { start, limit, sort }: SessionPageRequest,
  { dialect, history }: ReadScope,
  id: string,
  score = 'f.score',
): PageClause {
  const value = orderColumn(sort) ?? score;
  const direction = directionOf(sort) === 1 ? 'ASC' : 'DESC';
  const { after, offset = 0 } = 'after' in start ? start : { after: undefined, offset: start.offset };
  const own = [...new Set([value, 'e.started_order', id])];
  const keys = [...own, history.sql];
  const order = [...own, ...history.order].map((key) => `${key} ${direction}`);
  const places = { 'e.started_order': ':afterStart', [value]: ':afterValue', [history.sql]: ':afterHistory' };
  return {
    value,
    conditions:
      after === undefined
        ? []
        : [
            {
              sql: `(${keys.join(', ')}) ${direction === 'DESC' ? '<' : '>'} (${keys.map((key) => places[key] ?? ':afterId').join(', ')})`,
              parameters: {
                afterValue: after.value,
                afterStart: after.startedAt,
                afterId: dialect.text(after.id),
                afterHistory: history.of(after),
              },
            },
          ],
    keys: order,
    order: `ORDER BY ${order.join(', ')} LIMIT ${dialect.limit(limit + 1, 'pageLimit')} OFFSET :pageOffset`,
    parameters: together(history.parameters, { pageLimit: limit + 1, pageOffset: offset }),
  };
}

/** Builds a page from the selected entries, without the extra entry that shows whether there is a next page. */
export function toPage(
  entries: readonly PlacedSession[],
  isMore: boolean,
  counts: ListCounts,
  searchIncomplete = false,
): SessionPage {
  const next = isMore ? (entries.at(-1)?.place ?? null) : null;
  return { entries, ...counts, next, searchIncomplete, unavailableProfiles: [] };
}

/** How many entries a list has, and how many its rules hide. */
export interface ListCounts {
  readonly total: number;
  readonly hidden: HiddenSessions;
}

/** How many entries, or sessions that are not entries, are archived and not archived. */
export interface CountRow {
  readonly kind: EntryKind | 'child';
  readonly kept: number | null;
  readonly archived: number | null;
}

/** Selects the counts that {@link countsOf} sums up. */
export function countsQuery(filter: SessionFilter, scope: ListScope): SqlQuery<CountRow> {
  return scope.candidates === undefined && isCountedByPlatform(filter)
    ? keptCounts(filter, scope.dialect)
    : countedRows(filter, scope);
}

/** Selects counts from the maintained totals. */
function keptCounts({ access, platforms }: SessionFilter, dialect: Dialect): SqlPiece {
  const { counts, texts } = dialect;
  const where = allOf([
    ...dialect.within(access, 'e'),
    ...(platforms === undefined
      ? []
      : [{ sql: counts.isOfPlatform('platforms'), parameters: { platforms: texts(platforms) } }]),
  ]);
  return {
    sql: `SELECT e.kind, ${byArchive('sum(e.entries)', dialect)} FROM ${counts.table} e WHERE ${where.sql} GROUP BY 1`,
    parameters: where.parameters,
  };
}

/** Counts without and with the archive flag. PostgreSQL returns a sum of bigint as a decimal text without the cast. */
export function byArchive(count: string, { flag }: Pick<Dialect, 'flag'>): string {
  const of = (archived: boolean): string =>
    `CAST(${count} FILTER (WHERE e.archived = ${flag(archived)}) AS bigint)`;
  return `${of(false)} AS kept, ${of(true)} AS archived`;
}

/** Counts the rows themselves. */
function countedRows(filter: SessionFilter, { dialect, candidates }: ListScope): SqlPiece {
  const kind = kindOf(filter);
  const { entries } = dialect;
  const count = (counted: CountRow['kind'], from: string, where: SqlPiece): SqlPiece => ({
    sql: `SELECT '${counted}' AS kind, ${byArchive('count(*)', dialect)} FROM ${from} WHERE ${where.sql}`,
    parameters: together(where.parameters, candidates?.parameters),
  });
  const all = count(
    kind,
    candidates?.entries ?? entriesOf(entries[kind].table, filter, dialect),
    allOf(filterConditions(dialect, filter, kind)),
  );
  if (kind === 'row') return all;
  const sessions = candidates?.sessions ?? entriesOf(entries.row.table, filter, dialect);
  const children = childConditions(dialect, filter).map((where) => count('child', sessions, where));
  const counts = [all, ...children];
  return {
    sql: counts.map(({ sql }) => sql).join(' UNION ALL '),
    parameters: together(...counts.map(({ parameters }) => parameters)),
  };
}

/** The counts of a list, from those of entries and of sessions that are not entries. */
export function countsOf(
  rows: readonly CountRow[],
  filter: Pick<SessionFilter, 'archived' | 'includeChildren'>,
): ListCounts {
  const { archived, includeChildren } = filter;
  const of = (counted: CountRow['kind']): { readonly within: number; readonly outside: number } => {
    const counts = rows.filter((one) => one.kind === counted);
    const kept = counts.reduce((sum, one) => sum + (one.kept ?? 0), 0);
    const put = counts.reduce((sum, one) => sum + (one.archived ?? 0), 0);
    if (archived === 'any') return { within: kept + put, outside: 0 };
    return archived === 'true' ? { within: put, outside: kept } : { within: kept, outside: put };
  };
  const { within: total, outside } = of(kindOf(filter));
  return { total, hidden: { archived: outside, children: includeChildren ? 0 : of('child').within } };
}
