import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyRequest } from 'fastify';
import { TOKEN_COOKIE } from '../session-token.js';

/** Begins the names of all cookies of sign-ins, behind what browsers hold a name to (RFC 6265bis, section 4.1.3). */
const NAME = 'hermes-sessions-';
const SECURE = '__Secure-';
const PREFIX = /^__(?:Host|Secure)-/;

/** How the cookies begin that hold a key of this server, or stand for one. */
const OWN = [NAME, TOKEN_COOKIE] as const;

/** A request, as far as its cookies are concerned. */
type Sent = Pick<FastifyRequest, 'headers' | 'protocol'>;

/** Where the cookie of a server is sent, and how it is told from those of others on the same host, whatever their ports. */
export interface CookiePlace {
  /** A word that servers with the same keys have in common. */
  readonly server: string;
  /** Path in front of every route, which may be empty. */
  readonly basePath: string;
}

/** What the cookie of a request holds; undefined where there is none. */
export function cookieOf(request: Sent, place: CookiePlace): string | undefined {
  const { cookie } = request.headers;
  return cookie === undefined ? undefined : parseCookie(cookie)[nameOf(request, place)];
}

/**
 * The header that gives a browser the cookie.
 * @param seconds how long it is kept; undefined keeps it until the browser is closed, 0 ends it.
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

/** A header of cookies without those that show who somebody is, which are for this server alone; undefined where none is left. */
export function withoutKeys(header: string | undefined): string | undefined {
  const others = header
    ?.split(/;\s*/)
    .filter((pair) => !OWN.some((name) => pair.replace(PREFIX, '').startsWith(name)))
    .join('; ');
  return others === '' ? undefined : others;
}

/** Without TLS a browser refuses the prefix, and with it nobody without TLS can set such a cookie. */
function nameOf(request: Sent, { server }: CookiePlace): string {
  return `${isSafe(request) ? SECURE : ''}${NAME}${server}`;
}

function isSafe({ protocol }: Sent): boolean {
  return protocol === 'https';
}
