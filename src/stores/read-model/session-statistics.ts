import { byName } from '../../domain/by-name.js';
import { USAGE_COLUMNS, USAGE_NAMES } from '../../domain/session.js';
import {
  LARGEST,
  TallyCount,
  tallyOf,
  type LargeConversation,
  type SessionSums,
  type StatisticsRequest,
  type SumsRequest,
  type Tally,
} from '../../sessions/session-statistics.js';
import { accessConditions, filterConditions } from './conditions.js';
import type { Dialect, ReadScope } from './dialect.js';
import { allOf, together, type SqlPiece, type SqlQuery } from './sql-piece.js';

/** The summed values of a tally. Of each session the first known value of the listed columns counts. */
export const SUMMED: Readonly<
  Record<keyof Omit<Tally, 'sessions' | 'conversations' | 'messages'>, readonly string[]>
> = {
  ...byName(USAGE_NAMES, (name) => [USAGE_COLUMNS[name]]),
  cost: ['actual_cost_usd', 'estimated_cost_usd'],
  apiCalls: ['api_call_count'],
  toolCalls: ['tool_call_count'],
};

/** Larger counts than any session has, but small enough to sum. Unlike tokens and cost, these columns are not bounded elsewhere. */
const MOST = 1e15;

/** Sums of the sessions of one platform, model and day. */
export interface GroupRow extends Tally {
  readonly platform: string;
  readonly model: string | null;
  readonly day: string | null;
  readonly open: number;
}

/** SQL expressions by column name. */
type NamedSql = Readonly<Record<string, string>>;

/** Which groups are selected, with further columns. */
export interface GroupSelection {
  /** A further condition on the sessions `e`. */
  readonly within?: SqlPiece;
  /** Further grouping keys. */
  readonly keys?: NamedSql;
  /** Further aggregates. */
  readonly facts?: NamedSql;
}

/** Selects groups of sessions `e`, which {@link sumsOf} adds up. */
export function groupsQuery(
  request: SumsRequest,
  dialect: Dialect,
  { within = allOf([]), keys = {}, facts = {} }: GroupSelection = {},
): SqlQuery<GroupRow> {
  const { sql, parameters } = counted(request, dialect);
  const sums = Object.entries(SUMMED).map(([name, columns]) => {
    const numbers = columns.map((column) => dialect.number(`e.${column}`));
    const number = numbers.length === 1 ? numbers.join() : `coalesce(${numbers.join(', ')})`;
    const isCount = name.endsWith('Calls');
    return [
      name,
      isCount ? `sum(CASE WHEN ${number} BETWEEN 0 AND ${MOST} THEN ${number} END)` : `sum(${number})`,
    ] as const;
  });
  const common = Object.entries({
    platform: dialect.shown('e.platform'),
    model: dialect.shown('e.model'),
    day: dialect.day('e.started_at', 'timeZone'),
    ...keys,
  });
  const all = [...common, ...sums, ...Object.entries(facts)];
  return {
    sql: `SELECT ${all.map(([name, expression]) => `${expression} AS "${name}"`).join(', ')},
        count(*) AS sessions, count(c.tip_id) AS conversations, CAST(sum(e.stored_messages) AS bigint) AS messages,
        count(*) FILTER (WHERE ${IS_OPEN}) AS open
      ${sql} AND ${within.sql} GROUP BY ${common.map((_, at) => at + 1).join(', ')}`,
    parameters: together(parameters, within.parameters, { timeZone: request.timeZone }),
  };
}

const IS_OPEN = 'e.ended_at IS NULL';

/** Counts the open sessions that were active recently. */
export function activeQuery(request: StatisticsRequest, dialect: Dialect): SqlQuery<{ active: number }> {
  const { sql, parameters } = counted(request, dialect);
  return {
    sql: `SELECT count(*) AS active ${sql} AND ${IS_OPEN} AND e.active_order >= :activeSince`,
    parameters: together(parameters, { activeSince: request.activeSince }),
  };
}

/** Selects the largest conversations whose first session is counted, largest first, with the titles that lists show. */
export function largestQuery(
  request: StatisticsRequest,
  { dialect, history }: ReadScope,
): SqlQuery<LargeConversation> {
  const { visible, where } = conditions(request, dialect);
  const { entries, join } = dialect;
  // The history breaks ties between conversations of several histories.
  const inner = ['c.messages DESC', 'c.tip_id', ...history.order].join(', ');
  const outer = ['c.messages DESC', 't.id', ...history.order.map((key) => key.replace(/^e\./, 'c.'))].join(
    ', ',
  );
  return {
    sql: `SELECT t.id, ${dialect.shown('coalesce(t.title, c.first_title)')} AS title, c.platform, c.messages, ${history.name} FROM (
        SELECT c.*, e.title AS first_title FROM ${entries.conversation.table} c ${join} ${entries.row.table} e ON ${dialect.begins}
          WHERE ${visible.sql} AND ${where.sql} ORDER BY ${inner} LIMIT ${LARGEST}) c
      ${join} ${entries.row.table} t ON ${dialect.isTip} ${history.join('c')} ORDER BY ${outer}`,
    parameters: together(visible.parameters, where.parameters, history.parameters),
  };
}

/** Sessions `e`, each with the conversation `c` that begins with it, if the caller may see all its sessions. */
function counted(request: SumsRequest, dialect: Dialect): SqlPiece {
  const { visible, where } = conditions(request, dialect);
  const { conversation, row } = dialect.entries;
  return {
    sql: `FROM ${row.table} e LEFT JOIN ${conversation.table} c ON ${dialect.begins} AND ${visible.sql} WHERE ${where.sql}`,
    parameters: together(visible.parameters, where.parameters),
  };
}

/** Which sessions are counted, and which conversations `c` the caller may see. */
function conditions(
  request: SumsRequest,
  dialect: Dialect,
): { readonly where: SqlPiece; readonly visible: SqlPiece } {
  return {
    where: allOf(filterConditions(dialect, request, 'row')),
    visible: allOf(accessConditions(dialect, request.access, 'conversation', 'c')),
  };
}

/** Adds groups up by platform, model and day. */
export function sumsOf(rows: readonly GroupRow[]): SessionSums {
  const total = new TallyCount();
  const byPlatform = new Map<string, TallyCount>();
  const byModel = new Map<string | null, TallyCount>();
  const byDay = new Map<string, TallyCount>();
  let openSessions = 0;
  for (const row of rows) {
    total.add(row);
    tallyOf(byPlatform, row.platform).add(row);
    tallyOf(byModel, row.model).add(row);
    if (row.day !== null) tallyOf(byDay, row.day).add(row);
    openSessions += row.open;
  }
  return { total, byPlatform, byModel, byDay, openSessions };
}
