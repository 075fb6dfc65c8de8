import type { Session } from '../domain/session.js';

/** Whether a session has activity after it was last read. Hermes sets that time once it was ever read, and to 0 to mark it as unread. */
export function isUnread({ marks, row, lastActiveAt, startedAt }: Session): boolean {
  const readAt = marks === undefined ? row?.last_read_at : marks.lastReadAt;
  return typeof readAt === 'number' && (lastActiveAt ?? startedAt ?? 0) > readAt;
}
