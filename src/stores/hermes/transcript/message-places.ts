import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import { BY_ID } from '../../read-model/transcript-pages.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import type { Layout } from '../file/layout.js';
import { readableSql } from '../file/readable-size.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { numberOf, textOf } from '../file/values.js';
import { copiesIn, type TextCopies } from './text-copies.js';
import { IS_SAME_UID, isInTranscriptSql, messageColumn } from './transcript-sql.js';

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

/** As {@link placeIn}, for a few messages: how many others have one time in common does not matter for these. */
export function placeAmong(
  reader: SqliteReader,
  layout: Layout,
  sessionIds: readonly string[],
  ids: readonly number[],
): string {
  return haveMoved(reader, layout, sessionIds)
    ? placeSql(layout, copiesIn(reader, layout, sessionIds, ids))
    : BY_ID;
}

/**
 * SQL for where a message stands in a transcript: the id of the first row of its logical message. Only a compaction in place makes it
 * another than that of its own row.
 */
function placeSql(layout: Layout, { firstId }: TextCopies): string {
  if (!layout.messageColumns.has('compacted')) return BY_ID;
  const firstByText = `coalesce(${firstId}, m.id)`;
  const byText = layout.messageColumns.has('display_order')
    ? // Hermes fills it in for older sessions when it reads them. Some versions gave a place of its own to a copy that they had shortened.
      `min(iif(typeof(m.display_order) = 'integer', m.display_order, m.id), ${firstByText})`
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

/**
 * The place of a message by the id of any of its rows. One that is not shown is found where that stands which is shown in its place:
 * the newest copy of it, or what Hermes merged it into. An id that leads to nothing stands by itself.
 * @param transcript all messages that are shown of these sessions, one row each.
 */
export function placeOf(
  { reader, layout }: Pick<OpenHistory, 'reader' | 'layout'>,
  transcript: SelectQueryBuilder<ObjectLiteral>,
  { place, sessionIds, id }: MessageAsked,
): MessagePlace {
  const merges = layout.messageColumns.has('absorbed_message_uids');
  if (place === BY_ID && !merges) return { at: id, id };
  const row = reader.get(
    `SELECT ${place} AS place, ${messageColumn(layout, 'message_uid')} AS uid FROM messages m
      WHERE m.id = ? AND m.session_id IN (SELECT value FROM json_each(?))`,
    id,
    JSON.stringify(sessionIds),
  );
  if (row === undefined) return { at: id, id };
  const at = numberOf(row.place) ?? id;
  const uid = textOf(row.uid) ?? '';
  const placeWhere = (condition: string, parameters: ObjectLiteral): MessagePlace | undefined => {
    const shown = transcript.clone().select(['m.id AS id', `${place} AS place`]);
    const [found] = reader.rows(shown.andWhere(condition, parameters).orderBy('m.id', 'DESC').limit(1));
    return found && { at: numberOf(found.place) ?? id, id: numberOf(found.id) ?? id };
  };
  return (
    placeWhere('m.id = :asked', { asked: id }) ??
    (place === BY_ID ? undefined : placeWhere(`${place} = :at`, { at })) ??
    (merges && uid !== '' ? placeWhere(HAS_ABSORBED, { uid }) : undefined) ?? { at, id }
  );
}

/** A message that somebody asks for by its id, in the transcript of some sessions. */
interface MessageAsked {
  /** SQL for where messages stand. */
  readonly place: string;
  readonly sessionIds: readonly string[];
  readonly id: number;
}

/** SQL condition: Hermes has merged the message `:uid` into `m`; what cannot be read as JSON names none. */
const HAS_ABSORBED = `CASE WHEN json_valid(${readableSql('m.absorbed_message_uids')})
  THEN EXISTS (SELECT 1 FROM json_each(m.absorbed_message_uids) a WHERE a.value = :uid) END`;
