import * as oauth from 'oauth4webapi';
import { texts } from '../language/language.js';
import type { IssuerSignIn, TokenAccess } from './access.js';

/** Where a sign-in that has begun is kept while the issuer has the tab. */
const BEGUN = 'hermes-sessions-sign-in';

/** What has to be known again when somebody comes back from the issuer. */
interface BegunSignIn {
  readonly signIn: IssuerSignIn;
  readonly verifier: string;
  readonly state: string;
  /** What was to be shown, as the address had it. */
  readonly view: string;
}

/** The page without what is shown: where the issuer sends people back to. */
function homeAddress(): string {
  return location.origin + location.pathname;
}

/** Sends the tab to the issuer (authorization code with PKCE, RFC 7636), which sends it back when somebody has signed in. */
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
 * Ends a sign-in that the issuer sent back to this page, and shows what was to be shown before it.
 * @throws {Error} where the issuer refused, or the answer is not to what was asked here.
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

/** The access that follows one that is ending. @throws {Error} where the issuer gives none. */
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
    // The server lets an issuer without TLS be set for this machine alone; the name is deprecated so that it stands out.
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
