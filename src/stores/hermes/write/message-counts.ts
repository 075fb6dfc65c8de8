import type { SqliteReader } from '../file/sqlite-reader.js';

/** Counts a session's messages in its row as Hermes does. */
export function countMessages(reader: SqliteReader, id: string): void {
  reader.run(
    `UPDATE sessions SET message_count = (SELECT count(*) FROM messages WHERE session_id = sessions.id),
        tool_call_count = (SELECT coalesce(sum(${CALLS_SQL}), 0) FROM messages WHERE session_id = sessions.id)
      WHERE id = ?`,
    id,
  );
}

/** How many tools a message calls: each of a list, or what is no list once. */
const CALLS_SQL = `CASE WHEN coalesce(tool_calls, '') = '' THEN 0 WHEN NOT json_valid(tool_calls) THEN 1
  WHEN json_type(tool_calls) = 'array' THEN json_array_length(tool_calls) ELSE 1 END`;
