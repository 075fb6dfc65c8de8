import type { SessionUsage } from '../../domain/session.js';
import {
  LARGEST,
  TallyCount,
  tallyOf,
  type LargeConversation,
  type SessionStatistics,
  type StatisticsRequest,
  type Tally,
} from '../../sessions/session-statistics.js';
import { accessConditions, filterConditions } from './conditions.js';
import type { Dialect } from './dialect.js';
import { allOf, type SqlPiece, type SqlQuery } from './sql-piece.js';

/** The columns that are added up, by what they are in a tally. */
export const USAGE: Readonly<Record<keyof SessionUsage, string>> = {
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  reasoningTokens: 'reasoning_tokens',
  estimatedCost: 'estimated_cost_usd',
  actualCost: 'actual_cost_usd',
};

/** Sessions of one platform, model and day. */
export interface GroupRow extends Tally {
  readonly platform: string;
  readonly model: string | null;
  readonly day: string | null;
  readonly open: number;
  readonly active: number;
}

/** Numbers of sessions, both included. */
export interface Numbers {
  readonly first: number;
  readonly last: number;
}

const WITHIN = 'e.number BETWEEN :firstNumber AND :lastNumber';

/** Selects when the first and the last of some sessions began, in epoch seconds; less than 0 where that is not known. */
export function boundsQuery({
  first,
  last,
}: Numbers): SqlQuery<{ first: number | null; last: number | null }> {
  return {
    sql: `SELECT min(e.started_order) AS first, max(e.started_order) AS last FROM known_sessions e WHERE ${WITHIN}`,
    parameters: { firstNumber: first, lastNumber: last },
  };
}

/** Selects the groups of some sessions that {@link sumsOf} adds up. */
export function groupsQuery(
  request: StatisticsRequest,
  dialect: Dialect,
  { first, last }: Numbers,
): SqlQuery<GroupRow> {
  const { sql, parameters } = counted(request, dialect);
  const sums = Object.entries(USAGE).map(
    ([name, column]) => `sum(${dialect.number(`e.${column}`)}) AS "${name}"`,
  );
  return {
    sql: `SELECT e.platform, e.model, ${dialect.day('e.started_at', 'timeZone')} AS day,
        count(*) AS sessions, count(c.root_number) AS conversations, sum(e.stored_messages) AS messages, ${sums.join(', ')},
        sum(e.ended_at IS NULL) AS open, sum(e.ended_at IS NULL AND e.active_order >= :activeSince) AS active
      ${sql} AND ${WITHIN} GROUP BY 1, 2, 3`,
    parameters: {
      ...parameters,
      ...{ firstNumber: first, lastNumber: last },
      ...{ timeZone: request.timeZone, activeSince: request.activeSince },
    },
  };
}

/** Counts the sessions that are open and were active. */
export function activeQuery(request: StatisticsRequest, dialect: Dialect): SqlQuery<{ active: number }> {
  const { sql, parameters } = counted(request, dialect);
  return {
    sql: `SELECT count(*) AS active ${sql} AND e.ended_at IS NULL AND e.active_order >= :activeSince`,
    parameters: { ...parameters, activeSince: request.activeSince },
  };
}

/** Selects the largest conversations of those that begin with a session that is counted, from the largest of all on. */
export function largestQuery(
  request: StatisticsRequest,
  dialect: Dialect,
): SqlQuery<Omit<LargeConversation, 'profile' | 'origin'>> {
  const where = allOf(filterConditions(dialect, request, 'row'));
  const visible = allOf(accessConditions(dialect, request.access, 'conversation', 'c'));
  return {
    sql: `SELECT c.tip_id AS id, t.title, c.platform, c.messages FROM known_conversations c
        CROSS JOIN known_sessions e ON e.number = c.root_number CROSS JOIN known_sessions t ON t.number = c.tip_number
      WHERE (${visible.sql}) AND (${where.sql}) ORDER BY c.messages DESC, c.tip_id LIMIT ${LARGEST}`,
    parameters: { ...visible.parameters, ...where.parameters },
  };
}

/** Sessions `e`, each with the conversation `c` that it begins, where somebody may know of all its sessions. */
function counted(request: StatisticsRequest, dialect: Dialect): SqlPiece {
  const where = allOf(filterConditions(dialect, request, 'row'));
  const visible = allOf(accessConditions(dialect, request.access, 'conversation', 'c'));
  return {
    sql: `FROM known_sessions e LEFT JOIN known_conversations c ON c.root_number = e.number AND (${visible.sql}) WHERE (${where.sql})`,
    parameters: { ...visible.parameters, ...where.parameters },
  };
}

/** Adds groups up, each by every name that it counts for. */
export function sumsOf(
  rows: readonly GroupRow[],
): Omit<SessionStatistics, 'largest' | 'unavailableProfiles'> {
  const total = new TallyCount();
  const byPlatform = new Map<string, TallyCount>();
  const byModel = new Map<string | null, TallyCount>();
  const byDay = new Map<string, TallyCount>();
  let openSessions = 0;
  let activeSessions = 0;
  for (const row of rows) {
    total.add(row);
    tallyOf(byPlatform, row.platform).add(row);
    tallyOf(byModel, row.model).add(row);
    if (row.day !== null) tallyOf(byDay, row.day).add(row);
    openSessions += row.open;
    activeSessions += row.active;
  }
  return { total, byPlatform, byModel, byDay, openSessions, activeSessions };
}
