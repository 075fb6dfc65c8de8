import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyRequest } from 'fastify';
import { TOKEN_COOKIE } from '../session-token.js';

/** Prefix of the names of all sign-in cookies, after the `__Secure-` prefix that browsers enforce (RFC 6265bis, section 4.1.3). */
const NAME = 'hermes-sessions-';
const SECURE = '__Secure-';
const PREFIX = /^__(?:Host|Secure)-/;

/** Name prefixes of the cookies that contain a key of this server, or stand for one. */
const OWN = [NAME, TOKEN_COOKIE] as const;

/** The parts of a request that concern cookies. */
type Sent = Pick<FastifyRequest, 'headers' | 'protocol'>;

/** Where the cookie of a server is sent, and how it differs from those of other servers on the same host: cookies ignore ports. */
export interface CookiePlace {
  /** A word that servers with the same keys share. */
  readonly server: string;
  /** Path prefix of every route; may be empty. */
  readonly basePath: string;
}

/** The value of the sign-in cookie of a request; undefined if there is none. */
export function cookieOf(request: Sent, place: CookiePlace): string | undefined {
  const { cookie } = request.headers;
  return cookie === undefined ? undefined : parseCookie(cookie)[nameOf(request, place)];
}

/**
 * The header that sets the cookie.
 * @param seconds its lifetime; undefined keeps it until the browser is closed, 0 deletes it.
 */
export function settingCookie(
  request: Sent,
  place: CookiePlace,
  value: string,
  seconds: number | undefined,
): string {
  return stringifySetCookie(nameOf(request, place), value, {
    httpOnly: true,
    sameSite: 'strict',
    secure: isSafe(request),
    path: `${place.basePath}/`,
    maxAge: seconds,
  });
}

/** A cookie header without the cookies that authenticate to this server; undefined if no other is left. */
export function withoutKeys(header: string | undefined): string | undefined {
  const others = header
    ?.split(/;\s*/)
    .filter((pair) => !OWN.some((name) => pair.replace(PREFIX, '').startsWith(name)))
    .join('; ');
  return others === '' ? undefined : others;
}

/** Browsers refuse the prefix without TLS. With TLS it keeps others from setting such a cookie over plain HTTP. */
function nameOf(request: Sent, { server }: CookiePlace): string {
  return `${isSafe(request) ? SECURE : ''}${NAME}${server}`;
}

function isSafe({ protocol }: Sent): boolean {
  return protocol === 'https';
}
