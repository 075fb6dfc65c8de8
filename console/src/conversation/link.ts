import type { SessionResponse } from '@hermes-sessions/client';
import { readView, writeView } from '../view/view.js';

/** Address of a conversation, and of a message in it where one is named; without what the list beside it is searched for. */
export function linkTo(
  { id, profile, origin }: Pick<SessionResponse, 'id' | 'profile' | 'origin'>,
  message?: number,
): string {
  const view = { session: id, sessionProfile: profile, sessionOrigin: origin ?? '', message };
  return location.origin + location.pathname + writeView({ ...readView(''), ...view });
}
