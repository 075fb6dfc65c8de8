import type { EntityManager } from 'typeorm';
import { COMMAND_CHANNEL } from '../commands/command-queue.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { fromStored, toStored } from '../schema/stored-text.js';

/** The file that a history came from, as far as it is known: what gives away that another one, or an older one, has taken its place. */
export interface KnownFile {
  readonly fileId: string | null;
  readonly newestMessageId: number | null;
}

/** What is known of a history when its file is compared with it. */
export interface ComparisonState {
  /** The file when nothing was held back last. */
  readonly file: KnownFile;
  /** Sessions that its file had no more, or not whole, and that stayed here. */
  readonly held: number;
  /** Which of them somebody has accepted to go, as {@link holdSessions} was told; null where nobody has lately. */
  readonly accepted: string | null;
}

/** SQL for whether a loss is still accepted. Who accepts one means the one that is there; days later it may be another one that looks the same. */
export const IS_STILL_ACCEPTED = "accepted_at > now() - interval '1 day'";

/** How long sessions that went count with those that go next: a wrong clean-up may be slow, and restarts are to forget nothing of it. */
const REMEMBERED = "interval '1 day'";

/** What is known of a history before its file is compared with it. */
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
 * Remembers which sessions in all are held back. What was accepted is accepted no more once others are.
 * @param digest names them in one word.
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

/** Remembers that nothing is held back, and which file that was. */
export async function releaseSessions(
  manager: EntityManager,
  historyId: number,
  { fileId, newestMessageId }: KnownFile,
): Promise<void> {
  // What went because somebody has looked at it and accepted it says nothing about what goes next.
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

/** How many sessions of a history went lately. */
export async function countRemovals(manager: EntityManager, historyId: number): Promise<number> {
  const [{ sessions }] = await manager.query<[{ sessions: number }]>(
    `SELECT coalesce(CAST(sum(sessions) AS bigint), 0) AS sessions FROM removals
      WHERE history_id = $1 AND removed_at > now() - ${REMEMBERED}`,
    [historyId],
  );
  return sessions;
}

/** Remembers for a while that sessions went, in the transaction in which they do. */
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

/** A history of which somebody has accepted that sessions go. */
export interface AcceptedLoss {
  readonly profile: string;
  readonly sessions: number;
}

/**
 * Accepts that the sessions of a host that are held back now go, these and no others: its shipper, which is told, compares once more and
 * removes them. Should others be missing by then, nothing goes. Where no shipper hears of it within a day, it is accepted no more.
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
