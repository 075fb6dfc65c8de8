import type { ApiError } from '../../http/errors.js';

/** An error as Hermes's dashboard writes it: one sentence. */
export function toDashboardError(error: ApiError): { readonly status: number; readonly body: object } {
  switch (error.code) {
    case 'invalid_api_key':
      return { status: error.status, body: { detail: 'Unauthorized' } };
    case 'session_not_found':
      return { status: error.status, body: { detail: 'Session not found' } };
    default:
      return { status: error.status, body: { detail: error.message } };
  }
}
