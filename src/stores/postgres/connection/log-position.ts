import type { EntityManager } from 'typeorm';

/** Places in the write-ahead log as numbers (https://www.postgresql.org/docs/current/datatype-pg-lsn.html). */
const asNumber = (place: string): string => `CAST((${place} - '0/0'::pg_lsn) AS text)`;
const ofDatabase = (place: string): string =>
  `CASE WHEN pg_is_in_recovery() THEN NULL ELSE ${asNumber(place)} END`;

/**
 * How far the database is that is written to: all that is committed lies before. What a transaction wrote without waiting for the disk is
 * inserted, and not yet written. Undefined where it is no database that is written to.
 */
export async function writtenPosition(manager: Pick<EntityManager, 'query'>): Promise<bigint | undefined> {
  return read(manager, ofDatabase('pg_current_wal_insert_lsn()'));
}

/**
 * How far its log is on the disk, which is all that standbys are sent. It ends where the last record does, as what they replay; what is
 * inserted ends where the next record begins, which at the end of a page is behind a header that nobody replays.
 */
export async function flushedPosition(manager: Pick<EntityManager, 'query'>): Promise<bigint | undefined> {
  return read(manager, ofDatabase('pg_current_wal_flush_lsn()'));
}

/** How far a standby has come; undefined for what is no standby, whose places mean nothing to others. */
export async function replayedPosition(manager: Pick<EntityManager, 'query'>): Promise<bigint | undefined> {
  return read(manager, `CASE WHEN pg_is_in_recovery() THEN ${asNumber('pg_last_wal_replay_lsn()')} END`);
}

async function read(manager: Pick<EntityManager, 'query'>, place: string): Promise<bigint | undefined> {
  const [row] = await manager.query<{ position: string | null }[]>(`SELECT ${place} AS position`);
  return row?.position == null ? undefined : BigInt(row.position);
}
