import type { EntityManager } from 'typeorm';

/** SQL for positions in the write-ahead log as numbers (https://www.postgresql.org/docs/current/datatype-pg-lsn.html). */
const asNumber = (place: string): string => `CAST((${place} - '0/0'::pg_lsn) AS text)`;
const ofDatabase = (place: string): string =>
  `CASE WHEN pg_is_in_recovery() THEN NULL ELSE ${asNumber(place)} END`;

/**
 * The insert position of the primary: every commit lies before it, also those with an asynchronous commit, which are inserted but not yet
 * written. Undefined for a standby.
 */
export async function writtenPosition(manager: Pick<EntityManager, 'query'>): Promise<bigint | undefined> {
  return read(manager, ofDatabase('pg_current_wal_insert_lsn()'));
}

/**
 * The flush position of the primary, up to which standbys receive its log. Like the replay position, it is the end of the last record.
 * The insert position is where the next record begins: at the end of a page, that is after a header that nobody replays.
 */
export async function flushedPosition(manager: Pick<EntityManager, 'query'>): Promise<bigint | undefined> {
  return read(manager, ofDatabase('pg_current_wal_flush_lsn()'));
}

/** The replay position of a standby; undefined for a primary. */
export async function replayedPosition(manager: Pick<EntityManager, 'query'>): Promise<bigint | undefined> {
  return read(manager, `CASE WHEN pg_is_in_recovery() THEN ${asNumber('pg_last_wal_replay_lsn()')} END`);
}

async function read(manager: Pick<EntityManager, 'query'>, place: string): Promise<bigint | undefined> {
  const [row] = await manager.query<{ position: string | null }[]>(`SELECT ${place} AS position`);
  return row?.position == null ? undefined : BigInt(row.position);
}
