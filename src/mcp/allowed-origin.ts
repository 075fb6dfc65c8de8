import { ApiError } from '../http/errors.js';

/** What a machine calls itself. */
const OWN_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses what foreign web pages send: one can have its own name lead to this server, so that nothing but the page's origin tells it from a
 * page of this server (the protocol's chapter on transports asks for it). Programs name no origin.
 * @param allowed origins whose pages may; `*` for all.
 * @throws {ApiError} `origin_not_allowed`
 */
export function requireAllowedOrigin(origin: string | undefined, allowed: readonly string[]): void {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return;
  if (URL.canParse(origin) && OWN_NAMES.has(new URL(origin).hostname)) return;
  throw new ApiError('origin_not_allowed');
}
