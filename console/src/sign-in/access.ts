/** A key of the server that somebody pasted. */
interface KeyAccess {
  readonly kind: 'key';
  readonly key: string;
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
export type Access = KeyAccess | TokenAccess;

/** Where it is kept: for this tab alone, and gone with it. */
const KEPT = 'hermes-sessions-access';

export function keptAccess(): Access | undefined {
  const kept = sessionStorage.getItem(KEPT);
  return kept === null ? undefined : (JSON.parse(kept) as Access);
}

export function keepAccess(access: Access | undefined): void {
  if (access === undefined) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, JSON.stringify(access));
}
