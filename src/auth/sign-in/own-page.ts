import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../http/errors.js';

/** What a page has to send beside the cookie. No other page can: a header of its own needs this server's consent. */
const PAGE_HEADER = 'x-hermes-sessions-page';

/** A request, as far as it tells where it comes from. */
type Sent = Pick<FastifyRequest, 'headers' | 'host'>;

/** Whether a request says that a page of this server sent it; whether that is so, {@link isOfOwnPage} tells. */
export function saysPage({ headers }: Pick<Sent, 'headers'>): boolean {
  return headers[PAGE_HEADER] !== undefined;
}

/**
 * Whether a request comes from a page of this server, and from no other: browsers say so themselves (Fetch Metadata) where a page was
 * brought safely, and name the page's origin with whatever may change something.
 */
export function isOfOwnPage(request: Sent): boolean {
  const { headers, host } = request;
  if (!saysPage(request)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin === undefined || hostOf(origin) === host;
}

/** @throws {ApiError} `foreign_page` where a request comes from anywhere but a page of this server. */
export function requireOwnPage(request: Sent): void {
  if (!isOfOwnPage(request)) throw new ApiError('foreign_page');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
