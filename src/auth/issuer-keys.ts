import { createLocalJWKSet, createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { ISSUER_TIMEOUT } from './issuer.js';

/** How long the issuer's keys are cached, and how soon they may be fetched again for an unknown key, in milliseconds. */
const JWKS = { cacheMaxAge: 600_000, cooldownDuration: 1000, timeoutDuration: ISSUER_TIMEOUT } as const;

/** How long cached keys are accepted while the issuer does not answer, in milliseconds. */
const BELIEVED_WITHOUT_ISSUER = 12 * 3_600_000;

/** Time before the next attempt after the issuer did not answer, in milliseconds: every caller waits for an attempt. */
const ASKED_AGAIN = 30_000;

/**
 * The keys that an issuer publishes at an address. While the issuer is unreachable, its last published keys are used.
 * @param isAway whether an error means that the issuer is unreachable, rather than that the key does not exist.
 */
export function issuerKeys(address: URL, isAway: (error: unknown) => boolean): JWTVerifyGetKey {
  const published = createRemoteJWKSet(address, JWKS);
  let believedUntil = -Infinity;
  let askedAgainAt = -Infinity;
  const lastKeyOf: (...of: Parameters<JWTVerifyGetKey>) => Promise<LastKey> = async (header, token) => {
    const keys = Date.now() < believedUntil ? published.jwks() : undefined;
    if (keys === undefined) return undefined;
    try {
      return await createLocalJWKSet(keys)(header, token);
    } catch {
      // An unknown key may be new: only the issuer can tell.
      return undefined;
    }
  };
  return async (header, token) => {
    const lastKey = Date.now() < askedAgainAt ? await lastKeyOf(header, token) : undefined;
    if (lastKey !== undefined) return lastKey;
    try {
      const key = await published(header, token);
      believedUntil = Date.now() + BELIEVED_WITHOUT_ISSUER;
      return key;
    } catch (error) {
      if (!isAway(error)) throw error;
      askedAgainAt = Date.now() + ASKED_AGAIN;
      const key = await lastKeyOf(header, token);
      if (key === undefined) throw error;
      return key;
    }
  };
}

type LastKey = Awaited<ReturnType<JWTVerifyGetKey>> | undefined;
