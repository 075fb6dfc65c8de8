import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken } from './api-key.js';

/** The header and the cookies in which clients of Hermes's dashboard send their key. */
export const TOKEN_HEADER = 'x-hermes-session-token';
export const TOKEN_COOKIE = 'hermes_session_at=';
const COOKIE = new RegExp(
  String.raw`(?:^|;\s*)(?:__Host-|__Secure-)?${TOKEN_COOKIE}([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+)`,
);

/** Methods that change nothing. For other methods cookies do not count: a browser sends them with requests of any page. */
const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);

/** The parts of a request that show its sender. */
interface Shown {
  readonly method?: string;
  readonly headers: IncomingHttpHeaders;
}

/** The key that a client of Hermes's dashboard sent; undefined if there is none of this kind. */
export function sessionToken({ method, headers }: Shown): string | undefined {
  // The separate header, as in Hermes, leaves `Authorization` to a proxy in front.
  const header = headers[TOKEN_HEADER];
  if (typeof header === 'string' && header !== '') return header;
  if (bearerToken(headers.authorization) !== undefined || !SAFE_METHODS.has(method)) return undefined;
  return COOKIE.exec(headers.cookie ?? '')?.[1];
}
