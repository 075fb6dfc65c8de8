import type { SessionAddress } from '@hermes-sessions/client';
import type { View } from '../view/view.js';

/** In which profile and on which host the open conversation is. */
export function addressOf({ sessionProfile, sessionOrigin }: View): SessionAddress {
  return {
    ...(sessionProfile === '' ? {} : { profile: sessionProfile }),
    ...(sessionOrigin === '' ? {} : { origin: sessionOrigin }),
  };
}
