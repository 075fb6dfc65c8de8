import type { SessionResponse } from '@hermes-sessions/client';
import { readView, writeView } from '../view/view.js';

/** The link to a conversation, or to a message in it, without the search and filters of the list. */
export function linkTo(
  { id, profile, origin }: Pick<SessionResponse, 'id' | 'profile' | 'origin'>,
  message?: number,
): string {
  const view = { session: id, sessionProfile: profile, sessionOrigin: origin ?? '', message };
  return location.origin + location.pathname + writeView({ ...readView(''), ...view });
}
