import type { EntityManager } from 'typeorm';
import { delegatesOf, type DelegationSource } from '../../../sessions/lineage/delegates.js';
import { Groups } from '../../../sessions/lineage/groups.js';
import { SessionEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';
import type { StoredSession } from './derivation.js';
import type { HistoryChange } from './history-change.js';

/** The sessions of a history that worked for some others, and for these in turn, as they are at one moment. */
export class StoredDelegations implements DelegationSource<StoredSession> {
  readonly #byMarker = new Groups<StoredSession>();
  readonly #byParent = new Groups<StoredSession>();

  /** Reads what may be deleted along with some sessions, one step after the other. */
  static async read(
    manager: EntityManager,
    historyId: number,
    ids: Iterable<string>,
  ): Promise<StoredDelegations> {
    const delegations = new StoredDelegations();
    const asked = new Set<string>();
    for (let owners = [...new Set(ids)]; owners.length > 0;) {
      for (const id of owners) asked.add(id);
      const workers = await readWorkers(manager, historyId, owners);
      for (const session of workers) delegations.#add(session);
      owners = workers.map(({ id }) => id).filter((id) => !asked.has(id));
    }
    return delegations;
  }

  workersFor(id: string): readonly StoredSession[] {
    return [...this.#byMarker.of(id), ...this.#byParent.of(id)];
  }

  /** What would be deleted with some of the sessions that were asked for. */
  of(ids: Iterable<string>): readonly StoredSession[] {
    return delegatesOf(this, ids);
  }

  #add(session: StoredSession): void {
    this.#byMarker.add(session.delegateFrom, session);
    this.#byParent.add(session.parentId, session);
  }
}

/** What would be deleted along with some sessions of the history that is changed, themselves left out. */
export async function readDelegatesOf(
  { manager, historyId }: HistoryChange,
  ids: readonly string[],
): Promise<readonly StoredSession[]> {
  return (await StoredDelegations.read(manager, historyId, ids)).of(ids);
}

/** Sessions that are marked as delegates, and name one of these or come from one. */
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
