/** A pasted key of the server, used if no cookie can be set. It is not stored. */
interface KeyAccess {
  readonly kind: 'key';
  readonly key: string;
}

/** A cookie that scripts cannot read, for all tabs of the browser. */
interface CookieAccess {
  readonly kind: 'cookie';
}

/** The server's settings for signing in at its trusted issuer. */
export interface IssuerSignIn {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly client_id: string;
  readonly scope: string;
  readonly audience: string;
}

/** The tokens from a sign-in at the issuer. */
export interface TokenAccess {
  readonly kind: 'token';
  readonly token: string;
  /** Undefined if the issuer does not issue refresh tokens. */
  readonly refreshToken: string | undefined;
  /** Expiry of the token in epoch milliseconds; undefined if the issuer does not report it. */
  readonly endsAt: number | undefined;
  readonly signIn: IssuerSignIn;
}

/** The current sign-in. */
export type Access = KeyAccess | CookieAccess | TokenAccess;

/** The session storage key of a token, which is kept for this tab only. */
const TOKEN = 'hermes-sessions-access';

/** The storage key for the time of the last sign-in by cookie. Only the server knows whether it is still valid. Several consoles may share a host. */
const SIGNED_IN = `hermes-sessions-signed-in ${location.pathname}`;

export function keptAccess(): Access | undefined {
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) return JSON.parse(token) as TokenAccess;
  return localStorage.getItem(SIGNED_IN) === null ? undefined : { kind: 'cookie' };
}

/** Stores this tab's sign-in, or removes it if undefined. This does not affect the browser's cookie. */
export function keepAccess(access: Access | undefined): void {
  if (access?.kind === 'token') sessionStorage.setItem(TOKEN, JSON.stringify(access));
  else sessionStorage.removeItem(TOKEN);
  if (access?.kind === 'cookie') localStorage.setItem(SIGNED_IN, new Date().toISOString());
}

/** Removes the marker that this browser is signed in, which also notifies its other tabs. */
export function forgetSignIn(): void {
  localStorage.removeItem(SIGNED_IN);
}

/** Calls `tell` when another tab signs this browser in or out. @returns a function that stops it. */
export function onSignInElsewhere(tell: (isSignedIn: boolean) => void): () => void {
  const onStorage = ({ key, newValue }: StorageEvent): void => {
    // Without a key, the whole storage was cleared.
    if (key === SIGNED_IN || key === null) tell(newValue !== null);
  };
  addEventListener('storage', onStorage);
  return () => {
    removeEventListener('storage', onStorage);
  };
}
