import { createLocalJWKSet, createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { ISSUER_TIMEOUT } from './issuer.js';

/** How long keys of the issuer are believed, and how soon they may be asked for again where one is not known, in milliseconds. */
const JWKS = { cacheMaxAge: 600_000, cooldownDuration: 1000, timeoutDuration: ISSUER_TIMEOUT } as const;

/** How long they are believed where the issuer does not answer, in milliseconds. */
const BELIEVED_WITHOUT_ISSUER = 12 * 3_600_000;

/** How soon the issuer is asked again when it did not answer, in milliseconds: everybody who asks waits for it. */
const ASKED_AGAIN = 30_000;

/**
 * The keys of an issuer that are published at an address. Where it is away, those that it published last are taken.
 * @param isAway whether an error says so, rather than that there is no such key.
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
      // A key that is not among them may be a new one, of which nobody can say anything without the issuer.
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
