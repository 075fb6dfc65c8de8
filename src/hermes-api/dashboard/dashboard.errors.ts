import type { FastifyRequest } from 'fastify';
import { ApiError, type ErrorCode } from '../../http/errors.js';

/** An error in one of the imported sessions, in Hermes's format. */
export interface ImportFault {
  /** Position in the request. */
  readonly index: number;
  readonly error: string;
  readonly session_id?: string;
}

/** Nothing was imported, because some sessions are invalid. */
export class ImportRefusal extends ApiError {
  constructor(readonly faults: readonly ImportFault[]) {
    super('invalid_parameter', { param: 'sessions' });
  }
}

const IMPORT_ROUTE = /\/sessions\/import$/;

/** Hermes's messages for unreadable imports. */
const IMPORT_MESSAGES: Partial<Readonly<Record<ErrorCode, string>>> = {
  invalid_body: 'Invalid session import payload',
  payload_too_large: 'Session import payload is too large',
};

/** An error in the dashboard's format: one sentence, except for faulty sessions of an import. */
export function toDashboardError(
  error: ApiError,
  request: FastifyRequest,
): { readonly status: number; readonly body: object } {
  return { status: error.status, body: { detail: detailOf(error, request) } };
}

function detailOf(error: ApiError, { routeOptions }: FastifyRequest): string | object {
  if (error instanceof ImportRefusal)
    return { ok: false, imported: 0, skipped: 0, detached: 0, errors: error.faults };
  if (error.code === 'invalid_api_key') return 'Unauthorized';
  if (error.code === 'session_not_found') return 'Session not found';
  if (error.code === 'route_not_found') return 'Not Found';
  if (error.code === 'method_not_allowed') return 'Method Not Allowed';
  const isTooLarge = error.code === 'payload_too_large';
  // The message names the limit if it is about breadth: such a body can be small in bytes.
  if (isTooLarge && error.message !== new ApiError(error.code).message) return error.message;
  const said = IMPORT_ROUTE.test(routeOptions.url ?? '') ? IMPORT_MESSAGES[error.code] : undefined;
  return said ?? error.message;
}
