import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { FULL_ACCESS } from '../domain/access.js';
import { AccessTokens } from './access-tokens.js';
import { ApiKey } from './api-key.js';
import { partsOf } from './key-file.js';
import { KeyRing } from './key-ring.js';
import { principalOf, type Identity, type Principal } from './principal.js';
import { SCOPES } from './scopes.js';

/** Names a key without revealing it: the record id in its token, or {@link OWNER_KEY}. */
export type KeyReference = string;

/** Names the server's own key. */
export const OWNER_KEY: KeyReference = 'owner';

/** The principal of the server's own key, who may do everything. */
export const OWNER: Principal = {
  name: 'api_server_key',
  scopes: new Set(SCOPES),
  access: FULL_ACCESS,
  isCurrent: () => Promise.resolve(true),
};

/** Identifies the owner of a token: the server's own key, a created key, or a token of the identity provider. */
@Injectable()
export class Authenticator {
  readonly #key: ApiKey;

  constructor(
    settings: Settings,
    private readonly ring: KeyRing,
    private readonly tokens: AccessTokens,
  ) {
    this.#key = new ApiKey(settings.API_SERVER_KEY);
  }

  /**
   * @returns undefined for an unknown, expired or revoked token.
   * @throws {ApiError} `identity_provider_unavailable`
   * @throws {DomainError} `store_unavailable`, if a key of the store cannot be looked up
   */
  async identify(token: string): Promise<Principal | undefined> {
    if (this.#key.matches(token)) return OWNER;
    const identify = async (): Promise<Identity | undefined> =>
      (await this.ring.identify(token)) ?? (await this.tokens.identify(token));
    const identity = await identify();
    return identity && principalOf(identity, identify);
  }

  /** The reference to the key in a token; undefined if the token is not an accepted key. */
  async keyOf(token: string): Promise<KeyReference | undefined> {
    if (this.#key.matches(token)) return OWNER_KEY;
    return (await this.ring.identify(token)) === undefined ? undefined : partsOf(token)?.id;
  }

  /** The owner of the referenced key; undefined if it is not accepted any more. */
  async holderOf(key: KeyReference): Promise<Identity | undefined> {
    return key === OWNER_KEY ? OWNER : this.ring.holderOf(key);
  }
}
