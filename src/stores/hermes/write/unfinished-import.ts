import type { SqliteReader } from '../file/sqlite-reader.js';
import { UNFINISHED } from '../../../sessions/session-import.js';

/** After so many seconds without another message, nobody goes on with it any more. */
export const ABANDONED = 60;

/**
 * Whether a session is only there in part.
 * @param before epoch seconds; one to which a message came later is none for the call.
 */
export function isUnfinished(reader: SqliteReader, id: string, before: number): boolean {
  const sql = 'SELECT 1 FROM sessions WHERE id = ? AND end_reason = ? AND ended_at <= ?';
  return reader.get(sql, id, UNFINISHED, before) !== undefined;
}
