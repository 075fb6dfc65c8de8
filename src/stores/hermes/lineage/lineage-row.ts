import type { Row } from '../file/sqlite-reader.js';
import { countOf, flagOf, instantOf, requiredText, textOf } from '../file/values.js';
import type { LineageNode } from '../../../sessions/lineage/lineage.js';
import { MARKER } from './session-columns.js';

/** Reads a row that was selected by the names of `lineageColumns`. */
export function toLineageNode(row: Row): LineageNode {
  const markers = countOf(row.markers);
  const startedAt = instantOf(row.started_at);
  return {
    id: requiredText(row, 'id'),
    parentId: textOf(row.parent_session_id),
    source: requiredText(row, 'platform'),
    userId: textOf(row.user_id),
    startedAt,
    endedAt: instantOf(row.ended_at),
    endReason: textOf(row.end_reason),
    sessionKey: textOf(row.session_key),
    branched: (markers & MARKER.branched) !== 0,
    reset: (markers & MARKER.reset) !== 0,
    delegate: (markers & MARKER.delegate) !== 0,
    hidden: flagOf(row.hidden),
    lastActiveAt: lastActivity(instantOf(row.newest_message_at), instantOf(row.heartbeat_at)) ?? startedAt,
  };
}

/** Hermes's heartbeat column lags up to a minute behind its messages, so neither alone is enough. */
function lastActivity(newestMessageAt: number | null, heartbeatAt: number | null): number | null {
  if (newestMessageAt === null || heartbeatAt === null) return newestMessageAt ?? heartbeatAt;
  return Math.max(newestMessageAt, heartbeatAt);
}
