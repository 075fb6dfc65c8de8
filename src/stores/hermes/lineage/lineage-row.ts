import type { Row } from '../file/sqlite-reader.js';
import { flagOf, instantOf, requiredText, textOf } from '../file/values.js';
import { kindsMarked, type LineageNode } from '../../../sessions/lineage/lineage.js';
import { markersOf } from './markers.js';

/** Reads a row with the column names of `lineageColumns`. */
export function toLineageNode(row: Row): LineageNode {
  const markers = markersOf(textOf(row.markers));
  const parentId = textOf(row.parent_session_id);
  const marked = kindsMarked(markers, parentId);
  const startedAt = instantOf(row.started_at);
  return {
    id: requiredText(row, 'id'),
    parentId,
    source: requiredText(row, 'platform'),
    userId: textOf(row.user_id),
    startedAt,
    endedAt: instantOf(row.ended_at),
    endReason: textOf(row.end_reason),
    sessionKey: textOf(row.session_key),
    branched: marked.branched,
    reset: marked.reset,
    delegate: marked.delegate,
    delegateFrom: markers.delegateFrom,
    hidden: flagOf(row.hidden),
    archived: flagOf(row.archived),
    pinned: flagOf(row.pinned),
    lastActiveAt: lastActivity(instantOf(row.newest_message_at), instantOf(row.heartbeat_at)) ?? startedAt,
  };
}

/** Newest activity of a session, in epoch seconds. Hermes's heartbeat column lags up to a minute behind its messages, so neither alone is enough. */
function lastActivity(newestMessageAt: number | null, heartbeatAt: number | null): number | null {
  if (newestMessageAt === null || heartbeatAt === null) return newestMessageAt ?? heartbeatAt;
  return Math.max(newestMessageAt, heartbeatAt);
}
