import { HermesSessionsError } from '@hermes-sessions/client';
import { connect } from '../api/connection.js';
import type { Access } from './access.js';

/** Errors for a valid key that cannot get a cookie: a token of an issuer, or a server that cannot store the sign-in secret. */
const NO_COOKIE: ReadonlySet<string> = new Set(['sign_in_needs_key', 'sign_in_unavailable']);

/**
 * Signs this browser in with a key, after testing the key.
 * @param stays whether the sign-in persists when the browser is closed.
 * @returns the access; if no cookie can be set, the key itself, until the page is closed.
 * @throws {HermesSessionsError} if the server rejects the key, or does not answer.
 */
export async function enter(key: string, stays: boolean): Promise<Access> {
  const { history } = connect({ kind: 'key', key });
  await history.list({ limit: 1 });
  try {
    await history.signIn({ stay: stays });
    await connect({ kind: 'cookie' }).history.capabilities();
    return { kind: 'cookie' };
  } catch (error) {
    if (isRefused(error)) return { kind: 'key', key };
    throw error;
  }
}

/** Whether the server sets no cookie, or the browser does not send it back. */
function isRefused(error: unknown): boolean {
  return error instanceof HermesSessionsError && (NO_COOKIE.has(error.code) || error.status === 401);
}

/** The prefix of the code in a sign-in link. Browsers do not send the fragment to servers. */
const LINK = '#sign-in=';

/** Whether the page was opened with a sign-in link. */
export function cameByLink(): boolean {
  return location.hash.startsWith(LINK);
}

/**
 * Signs in with the code of a link, and removes it from the address at once.
 * @throws {HermesSessionsError} if the link has already been used.
 */
export async function enterByLink(): Promise<Access> {
  const code = location.hash.slice(LINK.length);
  history.replaceState(null, '', location.pathname + location.search);
  await connect({ kind: 'cookie' }).history.signInByLink(code);
  return { kind: 'cookie' };
}
