import type { EntityManager } from 'typeorm';
import { COMMAND_CHANNEL } from '../commands/command-queue.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { fromStored, toStored } from '../schema/stored-text.js';

/** Identifies the file that a history came from, as far as known, to detect that another or an older file has replaced it. */
export interface KnownFile {
  readonly fileId: string | null;
  readonly newestMessageId: number | null;
}

/** The stored state of a history when its file is compared with it. */
export interface ComparisonState {
  /** The file at the last comparison that held nothing back. */
  readonly file: KnownFile;
  /** Sessions that are missing or incomplete in the file, and were kept here. */
  readonly held: number;
  /** The digest of the sessions whose removal somebody accepted lately, as given to {@link holdSessions}; null if nobody did. */
  readonly accepted: string | null;
}

/** SQL: whether an acceptance is still valid. It is meant for the loss at that time; days later another loss may look the same. */
export const IS_STILL_ACCEPTED = "accepted_at > now() - interval '1 day'";

/** How long removed sessions count towards the next removal: a wrong clean-up may be slow, and a restart must not reset the count. */
const REMEMBERED = "interval '1 day'";

/** The stored state of a history, read before its file is compared with it. */
export async function readComparisonState(
  manager: EntityManager,
  historyId: number,
): Promise<ComparisonState> {
  const [row] = await manager.query<(KnownFile & Pick<ComparisonState, 'held' | 'accepted'>)[]>(
    `SELECT file_id AS "fileId", newest_message_id AS "newestMessageId", held_sessions AS held,
        CASE WHEN ${IS_STILL_ACCEPTED} THEN accepted_digest END AS accepted
      FROM histories WHERE id = $1`,
    [historyId],
  );
  const { held = 0, accepted = null, fileId = null, newestMessageId = null } = row ?? {};
  return { file: { fileId, newestMessageId }, held, accepted };
}

/**
 * Records which sessions are held back in total. An earlier acceptance is void once the set has changed.
 * @param digest identifies the set of sessions.
 */
export async function holdSessions(
  manager: EntityManager,
  historyId: number,
  sessions: number,
  digest: string,
): Promise<void> {
  await manager.query(
    `UPDATE histories SET held_sessions = $2, held_digest = $3,
        accepted_sessions = CASE WHEN accepted_digest = $3 THEN accepted_sessions END,
        accepted_digest = CASE WHEN accepted_digest = $3 THEN accepted_digest END
      WHERE id = $1`,
    [historyId, sessions, digest],
  );
}

/** Records that nothing is held back, and for which file. */
export async function releaseSessions(
  manager: EntityManager,
  historyId: number,
  { fileId, newestMessageId }: KnownFile,
): Promise<void> {
  // A loss that somebody reviewed and accepted says nothing about the next one.
  await manager.query(
    `DELETE FROM removals WHERE history_id IN (SELECT id FROM histories WHERE id = $1 AND accepted_digest IS NOT NULL)`,
    [historyId],
  );
  await manager.query(
    `UPDATE histories SET file_id = $2, newest_message_id = $3, held_sessions = 0, held_digest = NULL, accepted_sessions = NULL,
        accepted_digest = NULL, accepted_at = NULL
      WHERE id = $1`,
    [historyId, fileId, newestMessageId],
  );
}

/** How many sessions of a history were removed lately. */
export async function countRemovals(manager: EntityManager, historyId: number): Promise<number> {
  const [{ sessions }] = await manager.query<[{ sessions: number }]>(
    `SELECT coalesce(CAST(sum(sessions) AS bigint), 0) AS sessions FROM removals
      WHERE history_id = $1 AND removed_at > now() - ${REMEMBERED}`,
    [historyId],
  );
  return sessions;
}

/** Remembers for a while how many sessions were removed, in the transaction that removes them. */
export async function noteRemovals(
  manager: EntityManager,
  historyId: number,
  sessions: number,
): Promise<void> {
  await manager.query(`DELETE FROM removals WHERE history_id = $1 AND removed_at <= now() - ${REMEMBERED}`, [
    historyId,
  ]);
  await manager.query('INSERT INTO removals (history_id, sessions) VALUES ($1, $2)', [historyId, sessions]);
}

/** A history for which somebody has accepted the removal of sessions. */
export interface AcceptedLoss {
  readonly profile: string;
  readonly sessions: number;
}

/**
 * Accepts the removal of the sessions of a host that are held back now, and of no others. It notifies the shipper, which compares again
 * and removes them. If other sessions are missing by then, it removes nothing. The acceptance expires after a day.
 */
export async function acceptLosses(
  connection: PostgresConnection,
  origin: string,
): Promise<readonly AcceptedLoss[]> {
  return connection.transaction(async (manager) => {
    const accepted = await manager.query<{ id: number; profile: string; sessions: number }[]>(
      `WITH accepted AS (UPDATE histories SET accepted_sessions = held_sessions, accepted_digest = held_digest, accepted_at = now()
          WHERE origin = $1 AND held_sessions > 0
        RETURNING id, profile, held_sessions AS sessions) SELECT * FROM accepted ORDER BY profile`,
      [toStored(origin)],
    );
    for (const { id } of accepted)
      await manager.query('SELECT pg_notify($1, $2)', [COMMAND_CHANNEL, String(id)]);
    return accepted.map(({ profile, sessions }) => ({ profile: fromStored(profile), sessions }));
  });
}
