import type { Issuer, IssuerMetadata } from '../auth/issuer.js';
import type { Settings } from '../config/settings.js';

/** What the page needs to send people to the issuer (OpenID Connect Core 1.0, authorization code with PKCE). */
export interface ConsoleSignIn {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly client_id: string;
  readonly scope: string;
  /** The audience that tokens must have. */
  readonly audience: string;
}

/**
 * How people sign in at the issuer; undefined if only keys are supported.
 * @throws {ApiError} `identity_provider_unavailable`
 */
export async function consoleSignIn(settings: Settings, issuer: Issuer): Promise<ConsoleSignIn | undefined> {
  if (settings.OIDC_CONSOLE_CLIENT_ID === '') return undefined;
  return toSignIn(settings, await issuer.metadata());
}

function toSignIn(settings: Settings, metadata: IssuerMetadata): ConsoleSignIn | undefined {
  const { issuer, authorizationEndpoint, tokenEndpoint } = metadata;
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return undefined;
  return {
    issuer,
    authorization_endpoint: authorizationEndpoint,
    token_endpoint: tokenEndpoint,
    client_id: settings.OIDC_CONSOLE_CLIENT_ID,
    scope: settings.OIDC_CONSOLE_SCOPE,
    audience: settings.OIDC_AUDIENCE,
  };
}
