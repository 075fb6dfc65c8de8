import type { HermesSessions, SessionDetailResponse, SessionResponse } from '@hermes-sessions/client';
import { addressOf } from './address.js';

/** A chain is never longer for Hermes. */
const LONGEST = 100;

type Conversation = Pick<SessionResponse, 'id' | 'root_session_id' | 'profile' | 'origin'>;

/** The sessions that a conversation was compressed into, newest first: to people they are one. */
export async function chainOf(
  history: HermesSessions,
  { id, root_session_id: root, profile, origin }: Conversation,
): Promise<readonly SessionDetailResponse[]> {
  const place = addressOf({ profile, origin });
  const chain = [await history.get(id, place)];
  for (let last = chain[0]; last !== undefined && chain.length < LONGEST; last = chain.at(-1)) {
    const { parent_session_id: parent } = last;
    if (last.id === root || parent === null || chain.some((session) => session.id === parent)) break;
    chain.push(await history.get(parent, place));
  }
  return chain;
}
