/** A key of the server that somebody pasted, where the browser could not be signed in by it. It is kept nowhere. */
interface KeyAccess {
  readonly kind: 'key';
  readonly key: string;
}

/** A cookie that no script can read, for all tabs of the browser. */
interface CookieAccess {
  readonly kind: 'cookie';
}

/** How people sign in at the issuer that the server trusts, as the server says. */
export interface IssuerSignIn {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly client_id: string;
  readonly scope: string;
  readonly audience: string;
}

/** What the issuer gave after a sign-in. */
export interface TokenAccess {
  readonly kind: 'token';
  readonly token: string;
  /** What gives the next one; undefined where the issuer gives none. */
  readonly refreshToken: string | undefined;
  /** Epoch milliseconds at which the token ends; undefined where the issuer does not say. */
  readonly endsAt: number | undefined;
  readonly signIn: IssuerSignIn;
}

/** What somebody is let in with. */
export type Access = KeyAccess | CookieAccess | TokenAccess;

/** Where a token is kept: for this tab alone, and gone with it. */
const TOKEN = 'hermes-sessions-access';

/** Where it stands when this browser was signed in last; whether it still is, the server says. Several consoles may share a host. */
const SIGNED_IN = `hermes-sessions-signed-in ${location.pathname}`;

export function keptAccess(): Access | undefined {
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) return JSON.parse(token) as TokenAccess;
  return localStorage.getItem(SIGNED_IN) === null ? undefined : { kind: 'cookie' };
}

/** Keeps what this tab is let in with; nothing where that is undefined. Whether the browser is signed in is another question. */
export function keepAccess(access: Access | undefined): void {
  if (access?.kind === 'token') sessionStorage.setItem(TOKEN, JSON.stringify(access));
  else sessionStorage.removeItem(TOKEN);
  if (access?.kind === 'cookie') localStorage.setItem(SIGNED_IN, new Date().toISOString());
}

/** Keeps no more that this browser is signed in, by which its other tabs are told. */
export function forgetSignIn(): void {
  localStorage.removeItem(SIGNED_IN);
}

/** Tells when this browser was signed in, or out, by another tab. @returns what ends that. */
export function onSignInElsewhere(tell: (isSignedIn: boolean) => void): () => void {
  const onStorage = ({ key, newValue }: StorageEvent): void => {
    // Without a key everything was removed.
    if (key === SIGNED_IN || key === null) tell(newValue !== null);
  };
  addEventListener('storage', onStorage);
  return () => {
    removeEventListener('storage', onStorage);
  };
}
