import type { IncomingMessage } from 'node:http';
import { sessionToken } from '../../auth/session-token.js';

/** What the dashboard alone has, and tells whoever asks. */
const STATUS = /^status(?:\?|$)/;

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
  const prefix = `${basePath}/api/`;
  if (!url.startsWith(prefix)) return url;
  const path = url.slice(prefix.length);
  const isTokenShown = sessionToken(request) !== undefined;
  if (isTokenShown) return `${basePath}/dashboard/api/${path}`;
  if (!STATUS.test(path)) return url;
  const isKeyShown = request.headers.authorization !== undefined;
  return `${basePath}/dashboard/api/${isKeyShown ? '' : 'public-'}${path}`;
}
