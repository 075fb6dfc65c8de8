import type { EntityManager } from 'typeorm';
import {
  LARGEST,
  type LargeConversation,
  type SessionStatistics,
  type StatisticsRequest,
} from '../../../sessions/session-statistics.js';
import { queryNamed } from '../connection/named-query.js';
import { allOf, type SqlPiece } from '../../read-model/sql-piece.js';
import { sumsOf, USAGE, type GroupRow } from '../../read-model/session-statistics.js';
import { accessConditions, filterConditions } from '../listing/conditions.js';
import { fromStored } from '../schema/stored-text.js';

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
  return {
    ...sumsOf(rows.map(withTexts)),
    largest: await readLargest(manager, counted),
    unavailableProfiles: [],
  };
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

/** A group with its texts as they were. */
function withTexts(row: GroupRow): GroupRow {
  const { platform, model } = row;
  return { ...row, platform: fromStored(platform), model: model === null ? null : fromStored(model) };
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
