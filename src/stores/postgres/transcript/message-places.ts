import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import { BY_ID } from '../../read-model/transcript-pages.js';
import type { MessageEntity } from '../schema/entities.js';
import { toStored } from '../schema/stored-text.js';

const BY_PLACE = 'coalesce(m.place, m.id)';

/**
 * SQL for the position of the messages `m` in a transcript of some sessions. @param includeInactive if true, every row has its own
 * position.
 */
export async function placeIn(
  manager: EntityManager,
  historyId: number,
  sessionIds: readonly string[],
  includeInactive: boolean,
): Promise<string> {
  if (includeInactive) return BY_ID;
  const placed = await manager.query<unknown[]>(
    'SELECT 1 FROM messages WHERE history_id = $1 AND session_id = ANY($2) AND place IS NOT NULL LIMIT 1',
    [historyId, sessionIds.map(toStored)],
  );
  return placed.length > 0 ? BY_PLACE : BY_ID;
}

/**
 * The position of a message, given the id of any of its rows. A hidden row has the position of the copy that is shown instead. An unknown
 * id is its own position.
 * @param transcript all messages that are shown of these sessions, one row each.
 */
export async function placeOf(
  manager: EntityManager,
  transcript: SelectQueryBuilder<MessageEntity>,
  { historyId, place, sessionIds, id }: MessageAsked,
): Promise<MessagePlace> {
  if (place === BY_ID) return { at: id, id };
  const [row] = await manager.query<{ place: number }[]>(
    `SELECT ${place} AS place FROM messages m WHERE m.history_id = $1 AND m.session_id = ANY($2) AND m.id = $3`,
    [historyId, sessionIds.map(toStored), id],
  );
  if (row === undefined) return { at: id, id };
  const at = row.place;
  const shown = await transcript
    .clone()
    .select('m.id', 'id')
    .andWhere(`${place} = :at`, { at })
    .orderBy('m.id = :asked', 'DESC')
    .addOrderBy('m.id', 'DESC')
    .setParameter('asked', id)
    .limit(1)
    .getRawOne<{ id: number }>();
  return { at, id: shown?.id ?? id };
}

/** A message requested by its id, in the transcript of some sessions of a history. */
interface MessageAsked {
  readonly historyId: number;
  /** SQL for the position of a message. */
  readonly place: string;
  readonly sessionIds: readonly string[];
  readonly id: number;
}
