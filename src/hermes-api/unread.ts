import type { Session } from '../domain/session.js';

/** Hermes notes when a session was last looked at, once it ever was, and 0 where it is to count as unread. */
export function isUnread({ marks, row, lastActiveAt, startedAt }: Session): boolean {
  const readAt = marks === undefined ? row?.last_read_at : marks.lastReadAt;
  return typeof readAt === 'number' && (lastActiveAt ?? startedAt ?? 0) > readAt;
}
