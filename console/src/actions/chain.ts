import type { HermesSessions, SessionResponse } from '@hermes-sessions/client';

/** A chain is never longer for Hermes. */
const LONGEST = 100;

type Conversation = Pick<SessionResponse, 'id' | 'root_session_id' | 'profile' | 'origin'>;

/** The sessions that a conversation was compressed into, newest first: whoever deletes a conversation means all of them. */
export async function chainOf(
  history: HermesSessions,
  { id, root_session_id: root, profile, origin }: Conversation,
): Promise<readonly string[]> {
  const ids = [id];
  for (let current = id; current !== root && ids.length < LONGEST;) {
    const address = { profile, ...(origin === null ? {} : { origin }) };
    const { parent_session_id: parent } = await history.get(current, address);
    if (parent === null || ids.includes(parent)) break;
    ids.push(parent);
    current = parent;
  }
  return ids;
}
