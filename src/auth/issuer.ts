import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';

/** Timeout of requests to the issuer, in milliseconds. */
export const ISSUER_TIMEOUT = 5000;

/** How long the issuer's metadata is cached, in milliseconds. */
const METADATA_LIFE = 3_600_000;

/** The issuer's endpoints (OpenID Connect Discovery 1.0, section 3). */
export interface IssuerMetadata {
  readonly issuer: string;
  /** Address of the issuer's keys. */
  readonly jwksUri: string;
  /** Address where people sign in; undefined if they cannot. */
  readonly authorizationEndpoint: string | undefined;
  /** Address that exchanges a sign-in for a token. */
  readonly tokenEndpoint: string | undefined;
}

/** The OpenID Connect issuer whose tokens are accepted. */
@Injectable()
export class Issuer {
  readonly #metadata = new LRUCache<string, IssuerMetadata>({
    max: 1,
    ttl: METADATA_LIFE,
    fetchMethod: discover,
    // Refreshes happen in the background, and the metadata of an unreachable issuer stays valid.
    allowStale: true,
    noDeleteOnFetchRejection: true,
    perf: { now: () => Date.now() },
  });

  constructor(private readonly settings: Settings) {}

  /**
   * The issuer's metadata, refreshed now and then. Failures are not cached.
   * @throws {ApiError} `identity_provider_unavailable` if it could never be fetched.
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
