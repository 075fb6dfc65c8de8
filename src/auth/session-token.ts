import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken } from './api-key.js';

/** The header, and the cookies, in which clients of Hermes's dashboard show who they are. */
export const TOKEN_HEADER = 'x-hermes-session-token';
export const TOKEN_COOKIE = 'hermes_session_at=';
const COOKIE = new RegExp(
  String.raw`(?:^|;\s*)(?:__Host-|__Secure-)?${TOKEN_COOKIE}([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+)`,
);

/** What changes nothing: a browser sends cookies along with what any page makes it ask for. */
const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);

/** A request, as far as it shows who sent it. */
interface Shown {
  readonly method?: string;
  readonly headers: IncomingHttpHeaders;
}

/** The key that a client of Hermes's dashboard shows; undefined where a request shows none in that way. */
export function sessionToken({ method, headers }: Shown): string | undefined {
  // It has a header of its own, as in Hermes, so that a proxy in front can ask for its own password in the usual one.
  const header = headers[TOKEN_HEADER];
  if (typeof header === 'string' && header !== '') return header;
  if (bearerToken(headers.authorization) !== undefined || !SAFE_METHODS.has(method)) return undefined;
  return COOKIE.exec(headers.cookie ?? '')?.[1];
}
