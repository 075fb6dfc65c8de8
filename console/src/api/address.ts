import type { SessionAddress, SessionResponse } from '@hermes-sessions/client';
import type { View } from '../view/view.js';

/** In which profile and on which host a session is: several may have one with the same id. */
export function addressOf({ profile, origin }: Pick<SessionResponse, 'profile' | 'origin'>): SessionAddress {
  return { profile, ...(origin === null ? {} : { origin }) };
}

/** In which profile and on which host the open conversation is, as far as the address of the page says. */
export function openAddress({
  sessionProfile,
  sessionOrigin,
}: Pick<View, 'sessionProfile' | 'sessionOrigin'>): SessionAddress {
  return {
    ...(sessionProfile === '' ? {} : { profile: sessionProfile }),
    ...(sessionOrigin === '' ? {} : { origin: sessionOrigin }),
  };
}
