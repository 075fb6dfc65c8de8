import type { Database } from 'better-sqlite3';
import { UNFINISHED } from '../../../sessions/session-import.js';

/** After so many seconds without another message, nobody goes on with it any more. */
export const ABANDONED = 60;

/**
 * Whether a session is only there in part.
 * @param before epoch seconds; one to which a message came later is none for the call.
 */
export function isUnfinished(db: Database, id: string, before: number): boolean {
  const find = db.prepare('SELECT 1 FROM sessions WHERE id = ? AND end_reason = ? AND ended_at <= ?');
  return find.get(id, UNFINISHED, before) !== undefined;
}
