import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Settings } from '../config/settings.js';
import { ApiError } from '../http/errors.js';
import type { AccessTokens } from './access-tokens.js';
import { issuerKeys } from './issuer-keys.js';
import type { Issuer } from './issuer.js';
import type { Identity } from './principal.js';
import { SCOPES, type Scope } from './scopes.js';

/** Asymmetric algorithms only: tokens signed with a shared secret could come from anybody who knows it. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** A grant besides the scopes: access to the sessions of all users instead of the token's own user. */
const ALL_USERS = 'all_users';

/** Tolerated clock difference, in seconds. */
const CLOCK_TOLERANCE = 30;

/** Recognises the JSON Web Tokens (RFC 7519) of one OpenID Connect issuer. */
export class Oidc implements AccessTokens {
  /** The keys at the address that the issuer published last. */
  #keys: { readonly address: string; readonly get: JWTVerifyGetKey } | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly issuer: Issuer,
  ) {}

  async identify(token: string): Promise<Identity | undefined> {
    const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = this.settings;
    if (!isJwt(token)) return undefined;
    const keys = await this.#issuerKeys();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE,
        requiredClaims: ['exp'],
      });
      return this.#identityOf(payload);
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw unavailable(error);
    }
  }

  async #issuerKeys(): Promise<JWTVerifyGetKey> {
    const { OIDC_JWKS_URL: url } = this.settings;
    const address = url === '' ? (await this.issuer.metadata()).jwksUri : url;
    if (this.#keys?.address !== address) {
      this.#keys = { address, get: issuerKeys(addressOf(address), (error) => !isRefusal(error)) };
    }
    return this.#keys.get;
  }

  /** @throws {errors.JWTClaimValidationFailed} if a claim is invalid. */
  #identityOf(payload: JWTPayload): Identity {
    const { settings } = this;
    const granted = this.#granted(payload);
    const userId = identifierIn(payload, settings.OIDC_USER_CLAIM);
    if (userId === undefined && !granted.has(ALL_USERS))
      throw refusedClaim(payload, settings.OIDC_USER_CLAIM);
    return {
      name: `oidc:${identifierIn(payload, 'sub') ?? userId ?? 'unknown'}`,
      scopes: new Set(SCOPES.filter((scope: Scope) => granted.has(scope))),
      access: {
        userId: granted.has(ALL_USERS) ? undefined : userId,
        platforms: limitIn(payload, settings.OIDC_PLATFORMS_CLAIM),
        profiles: limitIn(payload, settings.OIDC_PROFILES_CLAIM),
        origins: limitIn(payload, settings.OIDC_ORIGINS_CLAIM),
      },
    };
  }

  /** Maps the values of the scopes claim to grants. Without a map, each value stands for itself. */
  #granted(payload: JWTPayload): ReadonlySet<string> {
    const values = wordsOf(claimOf(payload, this.settings.OIDC_SCOPES_CLAIM));
    const meanings = new Map(this.settings.OIDC_SCOPE_MAP.map(meaningOf));
    return new Set(meanings.size === 0 ? values : values.flatMap((value) => meanings.get(value) ?? []));
  }
}

/** @throws {ApiError} `identity_provider_unavailable` if the issuer published an invalid address. */
function addressOf(text: string): URL {
  try {
    return new URL(text);
  } catch (error) {
    throw unavailable(error);
  }
}

function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

/** Whether an error is about the token rather than about fetching the issuer's keys. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC'
  );
}

function unavailable(cause: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError('identity_provider_unavailable', { cause });
}

/** Splits a claim into words: a list, or a text separated by spaces (RFC 8693, section 4.2). */
function wordsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  return Array.isArray(claim) ? claim.filter((word): word is string => typeof word === 'string') : [];
}

/**
 * The identifier in a claim; undefined if it is absent. It is never split: part of one user's name can be another user's name.
 * @throws {errors.JWTClaimValidationFailed} if it is neither a text nor a whole number.
 */
function identifierIn(payload: JWTPayload, name: string): string | undefined {
  const claim = claimOf(payload, name);
  if (claim === undefined || (typeof claim === 'string' && claim !== '')) return claim;
  if (typeof claim === 'number' && Number.isSafeInteger(claim)) return String(claim);
  throw refusedClaim(payload, name);
}

/**
 * The values of a limiting claim. A token without a configured claim is limited to nothing. Names with spaces need a list.
 * @throws {errors.JWTClaimValidationFailed} if it is neither a text nor a list of texts.
 */
function limitIn(payload: JWTPayload, name: string): readonly string[] | undefined {
  if (name === '') return undefined;
  const claim = claimOf(payload, name);
  if (claim === undefined) return [];
  if (typeof claim !== 'string' && !isListOfTexts(claim)) throw refusedClaim(payload, name);
  return wordsOf(claim);
}

/** A claim of the token itself; properties that every object inherits are not claims. */
function claimOf(payload: JWTPayload, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined;
}

function isListOfTexts(claim: unknown): boolean {
  return Array.isArray(claim) && claim.every((item) => typeof item === 'string');
}

function refusedClaim(payload: JWTPayload, name: string): errors.JWTClaimValidationFailed {
  return new errors.JWTClaimValidationFailed(`The claim ${name} cannot be used.`, payload, name);
}

/** Splits `value=scope+scope` into a pair. */
function meaningOf(text: string): readonly [value: string, granted: readonly string[]] {
  const at = text.lastIndexOf('=');
  return [text.slice(0, at), text.slice(at + 1).split('+')];
}
