import * as oauth from 'oauth4webapi';
import { texts } from '../language/language.js';
import type { IssuerSignIn, TokenAccess } from './access.js';

/** The storage key of a sign-in under way at the issuer. */
const BEGUN = 'hermes-sessions-sign-in';

/** Data needed when the user returns from the issuer. */
interface BegunSignIn {
  readonly signIn: IssuerSignIn;
  readonly verifier: string;
  readonly state: string;
  /** The query of the address to show afterwards. */
  readonly view: string;
}

/** The page's address without a query: the redirect URI. */
function homeAddress(): string {
  return location.origin + location.pathname;
}

/** Sends the tab to the issuer (authorization code with PKCE, RFC 7636), which sends it back after the sign-in. */
export async function leaveForIssuer(signIn: IssuerSignIn): Promise<void> {
  const verifier = oauth.generateRandomCodeVerifier();
  const begun: BegunSignIn = { signIn, verifier, state: oauth.generateRandomState(), view: location.search };
  sessionStorage.setItem(BEGUN, JSON.stringify(begun));
  const address = new URL(signIn.authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: signIn.client_id,
    redirect_uri: homeAddress(),
    scope: signIn.scope,
    audience: signIn.audience,
    state: begun.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  location.assign(address);
}

/**
 * Completes a sign-in after the return from the issuer, and restores the view from before it.
 * @throws {Error} if the issuer refused, or the answer does not belong to this sign-in.
 */
export async function returnFromIssuer(): Promise<TokenAccess> {
  const kept = sessionStorage.getItem(BEGUN);
  const answer = new URL(location.href);
  sessionStorage.removeItem(BEGUN);
  if (kept === null) {
    history.replaceState(null, '', homeAddress());
    throw new Error(texts().signIn.otherTab);
  }
  const { signIn, verifier, state, view } = JSON.parse(kept) as BegunSignIn;
  history.replaceState(null, '', homeAddress() + view);
  const { server, client, options } = partiesOf(signIn);
  const parameters = oauth.validateAuthResponse(server, client, answer, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    homeAddress(),
    verifier,
    options,
  );
  return toAccess(signIn, await oauth.processAuthorizationCodeResponse(server, client, response));
}

/** Renews an expiring access. @throws {Error} if the issuer refuses. */
export async function renewAccess({ signIn, refreshToken = '' }: TokenAccess): Promise<TokenAccess> {
  const { server, client, options } = partiesOf(signIn);
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshToken, options);
  const next = toAccess(signIn, await oauth.processRefreshTokenResponse(server, client, response));
  return { ...next, refreshToken: next.refreshToken ?? refreshToken };
}

function partiesOf(signIn: IssuerSignIn) {
  return {
    server: {
      issuer: signIn.issuer,
      authorization_endpoint: signIn.authorization_endpoint,
      token_endpoint: signIn.token_endpoint,
    } satisfies oauth.AuthorizationServer,
    client: { client_id: signIn.client_id } satisfies oauth.Client,
    // The server accepts an issuer without TLS only on localhost. The option is marked as deprecated only to make it stand out.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    options: { [oauth.allowInsecureRequests]: new URL(signIn.token_endpoint).protocol === 'http:' },
  };
}

function toAccess(signIn: IssuerSignIn, answer: oauth.TokenEndpointResponse): TokenAccess {
  return {
    kind: 'token',
    token: answer.access_token,
    refreshToken: answer.refresh_token,
    endsAt: answer.expires_in === undefined ? undefined : Date.now() + 1000 * answer.expires_in,
    signIn,
  };
}
