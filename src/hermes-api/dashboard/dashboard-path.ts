import type { IncomingMessage } from 'node:http';
import { sessionToken } from '../../auth/session-token.js';

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
  if (!url.startsWith(prefix) || sessionToken(request) === undefined) return url;
  return `${basePath}/dashboard/api/${url.slice(prefix.length)}`;
}
