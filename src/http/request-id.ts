import { randomUUID } from 'node:crypto';

/** Long enough for a UUID or a trace id, without characters that could forge a log line or a header. */
const SANE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's `X-Request-Id` if it is acceptable, otherwise a new one. */
export function requestId(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && SANE_REQUEST_ID.test(header) ? header : randomUUID();
}
