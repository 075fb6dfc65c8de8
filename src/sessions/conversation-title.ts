import type { SessionDetail } from '../domain/session.js';

/**
 * The title of the conversation that a session is part of, as lists show it: its last session's, else its first one's.
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
