import type { SessionDetail } from '../domain/session.js';

/**
 * The title of a session's conversation, as lists show it: its last session's, or else its first session's.
 * @param read reads another session of the same history.
 */
export async function conversationTitle(
  session: SessionDetail,
  read: (id: string) => Promise<SessionDetail>,
): Promise<string | null> {
  const { id, tipId, rootId } = session;
  const { title } = tipId === id ? session : await read(tipId);
  if (title !== null || rootId === tipId) return title;
  const root = rootId === id ? session : await read(rootId);
  return root.title;
}
