import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import { BY_ID } from '../../read-model/message-places.js';
import type { Layout } from '../file/layout.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { copiesIn, type TextCopies } from './text-copies.js';
import { IS_SAME_UID, isInTranscriptSql } from './transcript-sql.js';

/** SQL for where the messages `m` of a transcript of some sessions stand. @param includeInactive every row then stands by itself. */
export function placeIn(
  reader: SqliteReader,
  layout: Layout,
  sessionIds: readonly string[],
  includeInactive: boolean,
): string {
  if (includeInactive || !haveMoved(reader, layout, sessionIds)) return BY_ID;
  return placeSql(layout, copiesIn(reader, layout, sessionIds));
}

/**
 * SQL for where a message stands in a transcript: the id of the first row of its logical message. Only a compaction in place makes it
 * another than that of its own row.
 */
export function placeSql(layout: Layout, { firstId }: TextCopies): string {
  if (!layout.messageColumns.has('compacted')) return BY_ID;
  const firstByText = `coalesce(${firstId}, m.id)`;
  const byText = layout.messageColumns.has('display_order')
    ? // Hermes fills it in for older sessions when it reads them.
      `iif(typeof(m.display_order) = 'integer', m.display_order, ${firstByText})`
    : firstByText;
  if (!layout.uidIsIndexed) return byText;
  const firstByUid = `SELECT min(d.id) FROM messages d WHERE ${IS_SAME_UID} AND ${isInTranscriptSql(layout, 'd')}`;
  return `min(${byText}, coalesce((${firstByUid}), m.id))`;
}

/** Whether messages of some sessions may stand elsewhere than their ids say, which costs looking at each of them. */
function haveMoved(reader: SqliteReader, layout: Layout, sessionIds: readonly string[]): boolean {
  if (!layout.messageColumns.has('compacted')) return false;
  const list = JSON.stringify(sessionIds);
  const within = 'm.session_id IN (SELECT value FROM json_each(?))';
  const compacted = `SELECT 1 FROM messages m WHERE ${within} AND m.active = 0 AND m.compacted <> 0 LIMIT 1`;
  if (reader.get(compacted, list) !== undefined) return true;
  if (!layout.uidIsIndexed) return false;
  const copied = `SELECT 1 FROM messages m WHERE ${within} AND m.message_uid <> ''
    GROUP BY m.session_id, m.message_uid HAVING count(*) > 1 LIMIT 1`;
  return reader.get(copied, list) !== undefined;
}

/** The place of a message by its id, which it is itself where there is no such message in these sessions. */
export function placeOf(
  reader: SqliteReader,
  place: string,
  sessionIds: readonly string[],
  id: number,
): MessagePlace {
  if (place === BY_ID) return { at: id, id };
  const found = reader.value(
    `SELECT ${place} FROM messages m WHERE m.id = ? AND m.session_id IN (SELECT value FROM json_each(?))`,
    id,
    JSON.stringify(sessionIds),
  );
  return { at: typeof found === 'number' ? found : id, id };
}
