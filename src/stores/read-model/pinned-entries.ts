import type { SessionFilter } from '../../sessions/session-query.js';
import { ENTRIES } from './conditions.js';
import type { Candidates } from './session-page.js';

/**
 * The few entries that are pinned, where a list is of them alone; undefined where it is of others as well. SQLite knows nothing of how few
 * they are, and would rather walk through all entries of a platform.
 */
export function pinnedCandidates({ pinned, includeChildren }: SessionFilter): Candidates | undefined {
  if (pinned !== true) return undefined;
  const { table, key } = ENTRIES[includeChildren ? 'row' : 'conversation'];
  return {
    entries: `SELECT ${key} AS entry, 0 AS score, NULL AS message_id FROM ${table} WHERE pinned`,
    sessions: 'SELECT number AS session FROM known_sessions WHERE pinned',
    parameters: {},
  };
}
