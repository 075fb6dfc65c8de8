import { ApiError } from '../http/errors.js';

/** Host names of the local machine. */
const OWN_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses requests from foreign web pages, as the protocol's chapter on transports requires. With DNS rebinding, a page can reach this server under
 * its own host name, and only the Origin header reveals it. Programs send no Origin.
 * @param allowed the allowed origins; `*` for all.
 * @throws {ApiError} `origin_not_allowed`
 */
export function requireAllowedOrigin(origin: string | undefined, allowed: readonly string[]): void {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return;
  if (URL.canParse(origin) && OWN_NAMES.has(new URL(origin).hostname)) return;
  throw new ApiError('origin_not_allowed');
}
