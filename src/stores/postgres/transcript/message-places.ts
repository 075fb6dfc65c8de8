import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import { BY_ID } from '../../read-model/transcript-pages.js';
import type { MessageEntity } from '../schema/entities.js';
import { toStored } from '../schema/stored-text.js';

const BY_PLACE = 'coalesce(m.place, m.id)';

/** SQL for where the messages `m` of a transcript of some sessions stand. @param includeInactive every row then stands by itself. */
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
 * The place of a message by the id of any of its rows. One that is not shown is found where that copy of it stands which is shown in
 * its place. An id that leads to nothing stands by itself.
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

/** A message that somebody asks for by its id, in the transcript of some sessions of a history. */
interface MessageAsked {
  readonly historyId: number;
  /** SQL for where messages stand. */
  readonly place: string;
  readonly sessionIds: readonly string[];
  readonly id: number;
}
