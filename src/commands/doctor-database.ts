import { databaseOf, type Settings } from '../config/settings.js';
import { DomainError } from '../domain/errors.js';
import { isComparedLately } from '../sessions/shipping-status.js';
import type { Finding } from '../stores/hermes/doctor.js';
import { PostgresConnection } from '../stores/postgres/connection/postgres-connection.js';
import { readShippedHistories, type ShippedHistory } from '../stores/postgres/histories.js';

/** Reports how far this host's histories were shipped to the database. */
export async function examineShipping(settings: Settings): Promise<readonly Finding[]> {
  const connection = new PostgresConnection({ ...databaseOf(settings), replicaUrls: [] });
  const { ORIGIN: origin } = settings;
  try {
    const histories = await connection.current((manager) => readShippedHistories(manager, origin));
    if (histories.length > 0) return histories.flatMap((history) => findingsOf(history, origin));
    return [
      {
        level: 'warning',
        text: `The database has nothing from ${origin}: hermes-sessions ship has not run here.`,
      },
    ];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return [{ level: 'error', text: error.message }];
  } finally {
    await connection.close();
  }
}

function findingsOf(history: ShippedHistory, origin: string): readonly Finding[] {
  const { profile, heldSessions: held } = history;
  const name = `${profile} of ${origin}`;
  const findings = [followed(history, name), compared(history, name)];
  if (held === 0) return findings;
  const text = `${held} sessions of ${name} are missing from its file, in whole or in part. The database still has them. To remove them there, too: hermes-sessions ship --accept-loss`;
  return [...findings, { level: 'warning', text }];
}

function followed({ shipper, seenSeconds }: ShippedHistory, name: string): Finding {
  if (shipper !== null) return { level: 'ok', text: `${name} is sent to the database by ${shipper}.` };
  const heard = seenSeconds === null ? '' : ` The last one was seen ${duration(seenSeconds)} ago.`;
  return { level: 'warning', text: `No shipper is sending ${name} to the database.${heard}` };
}

function compared({ comparedSeconds }: ShippedHistory, name: string): Finding {
  if (comparedSeconds === null)
    return { level: 'warning', text: `${name} has never been fully compared with the database.` };
  const level = isComparedLately(comparedSeconds) ? 'ok' : 'warning';
  return { level, text: `${name} was compared with the database ${duration(comparedSeconds)} ago.` };
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}
