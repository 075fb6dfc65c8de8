import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { FULL_ACCESS } from '../sessions/session-access.js';
import { AccessTokens } from './access-tokens.js';
import { ApiKey } from './api-key.js';
import { partsOf } from './key-file.js';
import { KeyRing } from './key-ring.js';
import { principalOf, type Identity, type Principal } from './principal.js';
import { SCOPES } from './scopes.js';

/** Names a key without being one: what stands in its token for its record, or {@link OWNER_KEY}. */
export type KeyReference = string;

/** Names the server's own key. */
export const OWNER_KEY: KeyReference = 'owner';

/** Who may do everything: whoever has the server's own key. */
export const OWNER: Principal = {
  name: 'api_server_key',
  scopes: new Set(SCOPES),
  access: FULL_ACCESS,
  isCurrent: () => Promise.resolve(true),
};

/** Tells whose a token is: the server's own key, one that was made beside it, or a token of the identity provider. */
@Injectable()
export class Authenticator {
  readonly #key: ApiKey;

  constructor(
    @Inject(Settings) settings: Settings,
    @Inject(KeyRing) private readonly ring: KeyRing,
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
  ) {
    this.#key = new ApiKey(settings.API_SERVER_KEY);
  }

  /**
   * @returns undefined for a token that nobody has, or has any more.
   * @throws {ApiError} `identity_provider_unavailable`
   * @throws {DomainError} `store_unavailable`, where nobody can say whether it is a key of the store
   */
  async identify(token: string): Promise<Principal | undefined> {
    if (this.#key.matches(token)) return OWNER;
    const identify = async (): Promise<Identity | undefined> =>
      (await this.ring.identify(token)) ?? (await this.tokens.identify(token));
    const identity = await identify();
    return identity && principalOf(identity, identify);
  }

  /** What names the key that a token is; undefined for a token that is none, or is accepted no more. */
  async keyOf(token: string): Promise<KeyReference | undefined> {
    if (this.#key.matches(token)) return OWNER_KEY;
    return (await this.ring.identify(token)) === undefined ? undefined : partsOf(token)?.id;
  }

  /** Whose the named key is; undefined where it is accepted no more. */
  async holderOf(key: KeyReference): Promise<Identity | undefined> {
    return key === OWNER_KEY ? OWNER : this.ring.holderOf(key);
  }
}
