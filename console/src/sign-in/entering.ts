import { HermesSessionsError } from '@hermes-sessions/client';
import { connect } from '../api/connection.js';
import type { Access } from './access.js';

/** What is said where a key is right, and no cookie can be had for it: a token of an issuer, or a server that can keep no secret. */
const NO_COOKIE: ReadonlySet<string> = new Set(['sign_in_needs_key', 'sign_in_unavailable']);

/**
 * Signs this browser in by a key, which is tried first.
 * @param stays whether it stays signed in when it is closed.
 * @returns what somebody is let in with: the key itself, until the page is left, where no cookie can be had.
 * @throws {HermesSessionsError} where the server does not know the key, or does not answer.
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

/** Whether the server gives no cookie, or the browser does not send it back. */
function isRefused(error: unknown): boolean {
  return error instanceof HermesSessionsError && (NO_COOKIE.has(error.code) || error.status === 401);
}

/** What comes before the code in the address of a link that signs in. No server is told what stands behind the sign. */
const LINK = '#sign-in=';

/** Whether somebody came by a link that signs in. */
export function cameByLink(): boolean {
  return location.hash.startsWith(LINK);
}

/**
 * Signs in whoever came by a link, whose code leaves the address at once.
 * @throws {HermesSessionsError} where the link was used before.
 */
export async function enterByLink(): Promise<Access> {
  const code = location.hash.slice(LINK.length);
  history.replaceState(null, '', location.pathname + location.search);
  await connect({ kind: 'cookie' }).history.signInByLink(code);
  return { kind: 'cookie' };
}
