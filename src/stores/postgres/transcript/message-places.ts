import type { EntityManager } from 'typeorm';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import { BY_ID } from '../../read-model/message-places.js';
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

/** The place of a message by its id, which it is itself where there is no such message in these sessions. */
export async function placeOf(
  manager: EntityManager,
  historyId: number,
  {
    place,
    sessionIds,
    id,
  }: { readonly place: string; readonly sessionIds: readonly string[]; readonly id: number },
): Promise<MessagePlace> {
  if (place === BY_ID) return { at: id, id };
  const [found] = await manager.query<{ place: number }[]>(
    `SELECT ${place} AS place FROM messages m WHERE m.history_id = $1 AND m.session_id = ANY($2) AND m.id = $3`,
    [historyId, sessionIds.map(toStored), id],
  );
  return { at: found?.place ?? id, id };
}
