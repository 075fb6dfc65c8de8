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

export function keepAccess(access: Access | undefined): void {
  if (access?.kind === 'token') sessionStorage.setItem(TOKEN, JSON.stringify(access));
  else sessionStorage.removeItem(TOKEN);
  if (access?.kind === 'cookie') localStorage.setItem(SIGNED_IN, new Date().toISOString());
  else localStorage.removeItem(SIGNED_IN);
}

/** Tells when this browser was signed in by another tab. @returns what ends that. */
export function onSignedInElsewhere(tell: () => void): () => void {
  const onStorage = ({ key, newValue }: StorageEvent): void => {
    if (key === SIGNED_IN && newValue !== null) tell();
  };
  addEventListener('storage', onStorage);
  return () => {
    removeEventListener('storage', onStorage);
  };
}
