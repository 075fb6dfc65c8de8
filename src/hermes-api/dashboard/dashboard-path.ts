import type { IncomingMessage } from 'node:http';
import { lenientPath } from '../lenient-path.js';
import { sessionToken, TOKEN_HEADER } from '../../auth/session-token.js';

/** What the dashboard alone has, and tells whoever asks. */
const STATUS = /^status(?:\?|$)/;

/** What its API can do, which both servers describe at the same place. */
const DOCUMENT = /^\/openapi\.json(?:\?|$)/;

/** Hermes's dashboard leads on from there to the path without it. */
const SLASH_AT_END = /^([^?]+)\/(?=\?|$)/;

/**
 * Where a request goes: Hermes's two servers have the same paths and other answers, and who shows a session token of the dashboard means
 * the dashboard.
 * @param basePath path in front of every route.
 */
export function dashboardPath(
  request: Pick<IncomingMessage, 'url' | 'method' | 'headers'>,
  basePath: string,
): string {
  const { url = '/' } = request;
  // Browsers send cookies along with whatever they ask for, people who look at this server's own document among them.
  if (
    DOCUMENT.test(url.slice(basePath.length)) &&
    url.startsWith(basePath) &&
    TOKEN_HEADER in request.headers
  )
    return `${basePath}/dashboard${url.slice(basePath.length)}`;
  const [own, shared] = [`${basePath}/dashboard/api/`, `${basePath}/api/`];
  const prefix = [own, shared].find((start) => url.startsWith(start));
  if (prefix === undefined) return url.startsWith(`${basePath}/p/`) ? lenientPath(url) : url;
  const path = lenientPath(url.slice(prefix.length)).replace(SLASH_AT_END, '$1');
  const isTokenShown = sessionToken(request) !== undefined;
  if (!STATUS.test(path)) return isTokenShown || prefix === own ? `${own}${path}` : lenientPath(url);
  const isKeyShown = isTokenShown || request.headers.authorization !== undefined;
  return `${own}${isKeyShown ? '' : 'public-'}${path}`;
}
