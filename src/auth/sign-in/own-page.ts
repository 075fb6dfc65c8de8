import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../http/errors.js';

/** The header that a page must send besides the cookie. Foreign pages cannot: custom headers need this server's CORS consent. */
const PAGE_HEADER = 'x-hermes-sessions-page';

/** The parts of a request that reveal its origin. */
type Sent = Pick<FastifyRequest, 'headers' | 'host'>;

/** Whether a request claims to come from a page of this server; {@link isOfOwnPage} checks the claim. */
export function saysPage({ headers }: Pick<Sent, 'headers'>): boolean {
  return headers[PAGE_HEADER] !== undefined;
}

/**
 * Whether a request comes from a page of this server. Browsers report this themselves (Fetch Metadata) if the page was loaded over a secure
 * connection, and send the page's origin with every request that may change something.
 */
export function isOfOwnPage(request: Sent): boolean {
  const { headers, host } = request;
  if (!saysPage(request)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin === undefined || hostOf(origin) === host;
}

/** @throws {ApiError} `foreign_page` unless a page of this server sent the request. */
export function requireOwnPage(request: Sent): void {
  if (!isOfOwnPage(request)) throw new ApiError('foreign_page');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
