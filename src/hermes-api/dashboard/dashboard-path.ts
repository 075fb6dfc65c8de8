import type { IncomingMessage } from 'node:http';
import { lenientPath } from '../lenient-path.js';
import { sessionToken, TOKEN_HEADER } from '../../auth/session-token.js';

/** A path that only the dashboard has; public. */
const STATUS = /^status(?:\?|$)/;

/** The OpenAPI document, which both servers have at the same path. */
const DOCUMENT = /^\/openapi\.json(?:\?|$)/;

/** Hermes's dashboard redirects such a path to the one without the slash. */
const SLASH_AT_END = /^([^?]+)\/(?=\?|$)/;

/**
 * Rewrites the path of a request. Hermes's two servers have the same paths with different answers; a dashboard session token selects the dashboard.
 * @param basePath path prefix of every route.
 */
export function dashboardPath(
  request: Pick<IncomingMessage, 'url' | 'method' | 'headers'>,
  basePath: string,
): string {
  const { url = '/' } = request;
  // Only the header counts here: browsers also send cookies when people view this server's own document.
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
