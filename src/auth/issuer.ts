import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';

/** How long the issuer may take to answer, in milliseconds. */
export const ISSUER_TIMEOUT = 5000;

/** How long what the issuer says of itself is taken for true without asking again, in milliseconds. */
const METADATA_LIFE = 3_600_000;

/** Where an issuer does what (OpenID Connect Discovery 1.0, section 3). */
export interface IssuerMetadata {
  readonly issuer: string;
  /** Where its keys are. */
  readonly jwksUri: string;
  /** Where people sign in; undefined where they cannot. */
  readonly authorizationEndpoint: string | undefined;
  /** Where what a sign-in gave becomes a token. */
  readonly tokenEndpoint: string | undefined;
}

/** The OpenID Connect issuer whose tokens are accepted. */
@Injectable()
export class Issuer {
  readonly #metadata = new LRUCache<string, IssuerMetadata>({
    max: 1,
    ttl: METADATA_LIFE,
    fetchMethod: discover,
    // Nobody waits for what is asked again, and an issuer that is away is where it was.
    allowStale: true,
    noDeleteOnFetchRejection: true,
    perf: { now: () => Date.now() },
  });

  constructor(@Inject(Settings) private readonly settings: Settings) {}

  /**
   * What it says of itself; asked for again now and then. A failure is not remembered.
   * @throws {ApiError} `identity_provider_unavailable` where it never said so.
   */
  async metadata(): Promise<IssuerMetadata> {
    try {
      return await this.#metadata.forceFetch(this.settings.OIDC_ISSUER);
    } catch (error) {
      throw new ApiError('identity_provider_unavailable', { cause: error });
    }
  }
}

async function discover(issuer: string): Promise<IssuerMetadata> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(ISSUER_TIMEOUT) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const metadata = (await response.json()) as Readonly<Record<string, unknown>>;
  if (metadata.issuer !== issuer) throw new Error(`${url} names another issuer`);
  const { jwks_uri: jwksUri } = metadata;
  if (typeof jwksUri !== 'string') throw new Error(`${url} names no keys`);
  return {
    issuer,
    jwksUri,
    authorizationEndpoint: addressOf(metadata.authorization_endpoint),
    tokenEndpoint: addressOf(metadata.token_endpoint),
  };
}

function addressOf(value: unknown): string | undefined {
  return typeof value === 'string' && URL.canParse(value) ? value : undefined;
}
