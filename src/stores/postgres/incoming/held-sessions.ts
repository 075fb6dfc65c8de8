import { COMMAND_CHANNEL } from '../commands/command-queue.js';
import type { PostgresConnection } from '../connection/postgres-connection.js';
import { fromStored, toStored } from '../schema/stored-text.js';

/** A history of which somebody has accepted that sessions go. */
export interface AcceptedLoss {
  readonly profile: string;
  readonly sessions: number;
}

/**
 * Accepts that the sessions of a host that are held back now go, in as many as there are: its shipper, which is told, compares once more
 * and removes them. Should more be missing by then, nothing goes.
 */
export async function acceptLosses(
  connection: PostgresConnection,
  origin: string,
): Promise<readonly AcceptedLoss[]> {
  return connection.transaction(async (manager) => {
    const accepted = await manager.query<{ id: number; profile: string; sessions: number }[]>(
      `WITH accepted AS (UPDATE histories SET accepted_sessions = held_sessions WHERE origin = $1 AND held_sessions > 0
        RETURNING id, profile, held_sessions AS sessions) SELECT * FROM accepted ORDER BY profile`,
      [toStored(origin)],
    );
    for (const { id } of accepted)
      await manager.query('SELECT pg_notify($1, $2)', [COMMAND_CHANNEL, String(id)]);
    return accepted.map(({ profile, sessions }) => ({ profile: fromStored(profile), sessions }));
  });
}
