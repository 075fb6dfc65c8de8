import type { EntityManager } from 'typeorm';
import { finishLoad, type Following } from '../connection/migrations.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { toStoreError } from '../connection/postgres-failure.js';
import { hasWordIndex } from '../search/word-index.js';

/** A history with at least this share of all sessions changes the value distributions of the tables. */
const LARGE_SHARE = 0.2;

/**
 * If a history is a large part of the database: restores the index that its first load left out, and runs VACUUM and ANALYZE. A small
 * history is left to autovacuum: a run takes as long as all histories together are large, and only one runs at a time.
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
