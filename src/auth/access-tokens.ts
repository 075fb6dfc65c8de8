import type { Identity } from './principal.js';

/** Tells whose a token is that an identity provider issued. */
export abstract class AccessTokens {
  /**
   * Whose token it is; undefined where it is none of the issuer's, not for this server, or has expired.
   * @throws {ApiError} `identity_provider_unavailable`
   */
  abstract identify(token: string): Promise<Identity | undefined>;
}

/** Where no issuer is trusted, a token is nobody's. */
export const NO_ACCESS_TOKENS: AccessTokens = { identify: () => Promise.resolve(undefined) };
