import type { EntityManager } from 'typeorm';
import { finishLoad, type Following } from '../connection/migrations.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { toStoreError } from '../connection/postgres-failure.js';
import { hasWordIndex } from '../search/word-index.js';

/** A history with this share of all sessions, or more, changes how the values of the tables are spread. */
const LARGE_SHARE = 0.2;

/**
 * Brings back what the first load of a history left out, and has the database look at all that it has by now, where that history is a large
 * part of it. A small one is left to the database's own upkeep: a look takes as long as all histories together are large, and one at a
 * time can be had.
 * @throws {DomainError} `store_unavailable`
 */
export async function finishLargeLoad(
  connection: PostgresConnection,
  historyId: number,
  following: Following,
): Promise<void> {
  if (!(await connection.current((manager) => isLarge(manager, historyId)))) return;
  await finishLoad(connection.location, following).catch((error: unknown) => {
    throw toStoreError(error);
  });
}

async function isLarge(manager: EntityManager, historyId: number): Promise<boolean> {
  if (!(await hasWordIndex(manager))) return true;
  const [{ own, all }] = await manager.query<[{ own: number; all: number }]>(
    `SELECT coalesce(CAST(sum(entries) FILTER (WHERE history_id = $1) AS bigint), 0) AS own,
        coalesce(CAST(sum(entries) AS bigint), 0) AS all FROM session_counts WHERE kind = 'row'`,
    [historyId],
  );
  return own >= LARGE_SHARE * all;
}
