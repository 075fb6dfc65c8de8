import type { SessionAddress, SessionResponse } from '@hermes-sessions/client';
import type { View } from '../view/view.js';

/** The profile and host of a session: several may have one with the same id. */
export function addressOf({ profile, origin }: Pick<SessionResponse, 'profile' | 'origin'>): SessionAddress {
  return { profile, ...(origin === null ? {} : { origin }) };
}

/** The profile and host of the open conversation, as far as the page's address names them. */
export function openAddress({
  sessionProfile,
  sessionOrigin,
}: Pick<View, 'sessionProfile' | 'sessionOrigin'>): SessionAddress {
  return {
    ...(sessionProfile === '' ? {} : { profile: sessionProfile }),
    ...(sessionOrigin === '' ? {} : { origin: sessionOrigin }),
  };
}
