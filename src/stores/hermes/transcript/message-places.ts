import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import { BY_ID } from '../../read-model/transcript-pages.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import type { HistoryMoment, Layout } from '../file/layout.js';
import { readableSql } from '../file/readable-size.js';
import { numberOf, textOf } from '../file/values.js';
import { copiesIn, type TextCopies } from './text-copies.js';
import { IS_SAME_UID, isInTranscriptSql, messageColumn } from './transcript-sql.js';

/** SQL for the places of messages `m` in a transcript of some sessions. @param includeInactive if true, every row has its own place. */
export function placeIn(
  history: HistoryMoment,
  sessionIds: readonly string[],
  includeInactive: boolean,
): string {
  if (includeInactive || !haveMoved(history, sessionIds)) return BY_ID;
  return placeSql(history.layout, copiesIn(history, sessionIds));
}

/** Like {@link placeIn}, for a few messages: only their own times matter, however many other messages share one time. */
export function placeAmong(
  history: HistoryMoment,
  sessionIds: readonly string[],
  ids: readonly number[],
): string {
  return haveMoved(history, sessionIds)
    ? placeSql(history.layout, copiesIn(history, sessionIds, ids))
    : BY_ID;
}

/**
 * SQL for the place of a message in a transcript: the id of the first row of its logical message. It differs from its own row's id only after a
 * compaction in place.
 */
function placeSql(layout: Layout, { firstId }: TextCopies): string {
  if (!layout.messageColumns.has('compacted')) return BY_ID;
  const firstByText = `coalesce(${firstId}, m.id)`;
  const byText = layout.messageColumns.has('display_order')
    ? // Hermes sets it for older sessions when it reads them. Some versions gave a shortened copy a place of its own.
      `min(iif(typeof(m.display_order) = 'integer', m.display_order, m.id), ${firstByText})`
    : firstByText;
  if (!layout.uidIsIndexed) return byText;
  const firstByUid = `SELECT min(d.id) FROM messages d WHERE ${IS_SAME_UID} AND ${isInTranscriptSql(layout, 'd')}`;
  return `min(${byText}, coalesce((${firstByUid}), m.id))`;
}

/** Whether messages of some sessions may have places other than their ids, which requires looking at each of them. */
function haveMoved({ reader, layout }: HistoryMoment, sessionIds: readonly string[]): boolean {
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
 * The place of a message by the id of any of its rows. A row that is not shown has the place of the message that is shown instead: its newest copy,
 * or the message that Hermes merged it into. An unknown id is its own place.
 * @param transcript all messages that are shown of these sessions, one row each.
 */
export function placeOf(
  { reader, layout }: OpenHistory,
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

/** A message requested by id, in the transcript of some sessions. */
interface MessageAsked {
  /** SQL for the places of messages. */
  readonly place: string;
  readonly sessionIds: readonly string[];
  readonly id: number;
}

/** SQL condition: Hermes has merged the message `:uid` into `m`; invalid JSON names none. */
const HAS_ABSORBED = `CASE WHEN json_valid(${readableSql('m.absorbed_message_uids')})
  THEN EXISTS (SELECT 1 FROM json_each(m.absorbed_message_uids) a WHERE a.value = :uid) END`;
