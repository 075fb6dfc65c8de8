import type { EntityManager } from 'typeorm';
import type { SessionUsage } from '../../../domain/session.js';
import {
  LARGEST,
  TallyCount,
  tallyOf,
  type LargeConversation,
  type SessionStatistics,
  type StatisticsRequest,
  type Tally,
} from '../../../sessions/session-statistics.js';
import { allOf, queryNamed, type SqlPiece } from '../connection/named-query.js';
import { accessConditions, filterConditions } from '../listing/conditions.js';
import { fromStored } from '../schema/stored-text.js';

/** The columns that are added up, by what they are in a tally. */
const USAGE: Readonly<Record<keyof SessionUsage, string>> = {
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  reasoningTokens: 'reasoning_tokens',
  estimatedCost: 'estimated_cost_usd',
  actualCost: 'actual_cost_usd',
};

/** Sessions of one platform, model and day. */
interface GroupRow extends Tally {
  readonly platform: string;
  readonly model: string | null;
  readonly day: string | null;
  readonly open: number;
  readonly active: number;
}

/** Counts the sessions that a request selects. */
export async function countSessions(
  manager: EntityManager,
  request: StatisticsRequest,
): Promise<SessionStatistics> {
  const where = allOf(filterConditions({ ...request, archived: 'any', includeChildren: true }, 'row'));
  // A conversation counts where somebody may know of all its sessions.
  const visible = allOf(accessConditions(request.access, 'conversation', 'c'));
  const counted: SqlPiece = {
    sql: `FROM sessions e LEFT JOIN LATERAL (
        SELECT e.root_id FROM conversations c WHERE c.history_id = e.history_id AND c.root_id = e.id
          AND ${visible.sql}) begun ON true WHERE ${where.sql}`,
    parameters: { ...visible.parameters, ...where.parameters },
  };
  const rows = await queryNamed<GroupRow>(manager, groupsSql(counted.sql), {
    ...counted.parameters,
    timeZone: request.timeZone,
    activeSince: request.activeSince,
  });
  return { ...sumsOf(rows), largest: await readLargest(manager, counted), unavailableProfiles: [] };
}

function groupsSql(counted: string): string {
  return `SELECT e.platform, e.model,
      to_char(to_timestamp(e.started_at) AT TIME ZONE :timeZone, 'YYYY-MM-DD') AS day,
      count(*) AS sessions, count(begun.root_id) AS conversations, CAST(sum(e.stored_messages) AS bigint) AS messages,
      ${Object.entries(USAGE)
        .map(([name, column]) => `sum(e.${column}) AS "${name}"`)
        .join(', ')},
      count(*) FILTER (WHERE e.ended_at IS NULL) AS open,
      count(*) FILTER (WHERE e.ended_at IS NULL AND e.active_order >= :activeSince) AS active
    ${counted} GROUP BY 1, 2, 3`;
}

function sumsOf(rows: readonly GroupRow[]): Omit<SessionStatistics, 'largest' | 'unavailableProfiles'> {
  const total = new TallyCount();
  const byPlatform = new Map<string, TallyCount>();
  const byModel = new Map<string | null, TallyCount>();
  const byDay = new Map<string, TallyCount>();
  let openSessions = 0;
  let activeSessions = 0;
  for (const row of rows) {
    total.add(row);
    tallyOf(byPlatform, fromStored(row.platform)).add(row);
    tallyOf(byModel, row.model === null ? null : fromStored(row.model)).add(row);
    if (row.day !== null) tallyOf(byDay, row.day).add(row);
    openSessions += row.open;
    activeSessions += row.active;
  }
  return { total, byPlatform, byModel, byDay, openSessions, activeSessions };
}

async function readLargest(
  manager: EntityManager,
  { sql, parameters }: SqlPiece,
): Promise<readonly LargeConversation[]> {
  const rows = await queryNamed<LargeConversation>(
    manager,
    `SELECT t.id, h.profile, h.origin, t.title, l.platform, l.messages FROM (
        SELECT c.history_id, c.tip_id, c.platform, c.messages FROM conversations c
          WHERE (c.history_id, c.root_id) IN (SELECT e.history_id, begun.root_id ${sql})
          ORDER BY c.messages DESC, c.tip_id LIMIT ${LARGEST}) l
      JOIN sessions t ON t.history_id = l.history_id AND t.id = l.tip_id
      JOIN histories h ON h.id = l.history_id ORDER BY l.messages DESC, t.id`,
    parameters,
  );
  return rows.map((row) => ({
    ...row,
    id: fromStored(row.id),
    title: row.title === null ? null : fromStored(row.title),
    platform: fromStored(row.platform),
  }));
}
