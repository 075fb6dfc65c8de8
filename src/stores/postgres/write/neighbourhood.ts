import type { EntityManager } from 'typeorm';
import { SessionEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';
import type { StoredSession } from './derivation.js';

/** The sessions whose chains a change may affect, and further ones that the lineage rules need. */
export interface Neighbourhood {
  readonly sessions: ReadonlyMap<string, StoredSession>;
  /** Ids of the sessions whose chains have to be derived again. */
  readonly subjects: ReadonlySet<string>;
}

/**
 * Reads the surroundings of some sessions: their chains, the chains of their children and of their current and future parents, and the
 * parents of all these.
 * @param ids sessions that are changed, added or removed.
 * @param parents the parents of added or changed sessions.
 */
export async function readNeighbourhood(
  manager: EntityManager,
  historyId: number,
  ids: Iterable<string>,
  parents: Iterable<string> = [],
): Promise<Neighbourhood> {
  const rows = new EntityRows(manager, SessionEntity);
  const named = [...ids].map(toStored);
  const found = await manager.query<(Readonly<Record<string, unknown>> & { is_subject: boolean })[]>(
    `WITH seeds AS (
        SELECT root_id FROM sessions WHERE history_id = $1 AND id = ANY($2)
        UNION SELECT root_id FROM sessions WHERE history_id = $1 AND octet_length(parent_session_id) <= 1000 AND parent_session_id = ANY($3)),
      family AS (
        SELECT ${rows.columns('s')} FROM sessions s
          WHERE s.history_id = $1 AND s.root_id IN (SELECT root_id FROM seeds))
      SELECT f.*, true AS is_subject FROM family f
      UNION ALL SELECT ${rows.columns('p')}, false FROM sessions p
        WHERE p.history_id = $1 AND p.id IN (SELECT parent_session_id FROM family)
          AND p.id NOT IN (SELECT id FROM family)`,
    [historyId, [...named, ...[...parents].map(toStored)], named],
  );
  const sessions = rows.fromColumns(found);
  return {
    sessions: new Map(sessions.map((session) => [session.id, session])),
    subjects: new Set(sessions.filter((_session, at) => found[at]?.is_subject).map(({ id }) => id)),
  };
}
