import type { Identity } from './principal.js';

/** Identifies the owner of an identity provider's token. */
export abstract class AccessTokens {
  /**
   * The owner of the token; undefined if it is not the issuer's, not for this server, or expired.
   * @throws {ApiError} `identity_provider_unavailable`
   */
  abstract identify(token: string): Promise<Identity | undefined>;
}

/** Without a trusted issuer, no token is accepted. */
export const NO_ACCESS_TOKENS: AccessTokens = { identify: () => Promise.resolve(undefined) };
