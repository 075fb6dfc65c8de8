import { keepAccess, type TokenAccess } from '../sign-in/access.js';

/** How long before its expiry a token is renewed, in milliseconds. */
const EARLY = 20_000;

/** Returns a function for the currently valid token, which is renewed in time if the issuer allows it. */
export function freshToken(access: TokenAccess): () => Promise<string> {
  let current = access;
  let renewal: Promise<void> | undefined;
  const renew = async (): Promise<void> => {
    try {
      const { renewAccess } = await import('../sign-in/issuer.js');
      current = await renewAccess(current);
      keepAccess(current);
    } catch {
      // The server will refuse the old token, and the page then offers to sign in again.
    }
    renewal = undefined;
  };
  return async () => {
    const isEnding = current.endsAt !== undefined && current.endsAt - Date.now() < EARLY;
    if (isEnding && current.refreshToken !== undefined) await (renewal ??= renew());
    return current.token;
  };
}
