import type { EntityManager } from 'typeorm';
import { delegatesOf, KnownDelegations } from '../../../sessions/lineage/delegates.js';
import { SessionEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';
import type { StoredSession } from './derivation.js';
import type { HistoryChange } from './history-change.js';

/** Reads the delegates of some sessions of a history, level by level; the caller's transaction gives one consistent snapshot. */
export async function readDelegations(
  manager: EntityManager,
  historyId: number,
  ids: Iterable<string>,
): Promise<KnownDelegations<StoredSession>> {
  const delegations = new KnownDelegations<StoredSession>();
  const asked = new Set<string>();
  for (let owners = [...new Set(ids)]; owners.length > 0;) {
    for (const id of owners) asked.add(id);
    const workers = await readWorkers(manager, historyId, owners);
    for (const session of workers) delegations.add(session);
    owners = workers.map(({ id }) => id).filter((id) => !asked.has(id));
  }
  return delegations;
}

/** The sessions that would be deleted along with some sessions, without these. */
export async function readDelegatesOf(
  { manager, historyId }: HistoryChange,
  ids: readonly string[],
): Promise<readonly StoredSession[]> {
  return delegatesOf(await readDelegations(manager, historyId, ids), ids);
}

/** Sessions marked as delegates that name one of these owners, or are its children. */
async function readWorkers(
  manager: EntityManager,
  historyId: number,
  owners: readonly string[],
): Promise<readonly StoredSession[]> {
  const rows = new EntityRows(manager, SessionEntity);
  const found = await manager.query<Readonly<Record<string, unknown>>[]>(
    `SELECT ${rows.columns('s')} FROM sessions s WHERE s.history_id = $1
        AND octet_length(s.delegate_from) <= 1000 AND s.delegate_from = ANY($2)
      UNION SELECT ${rows.columns('s')} FROM sessions s WHERE s.history_id = $1
        AND octet_length(s.parent_session_id) <= 1000 AND s.parent_session_id = ANY($2) AND s.delegate_from IS NOT NULL`,
    [historyId, owners.map(toStored)],
  );
  return rows.fromColumns(found);
}
