import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../http/errors.js';

/** An error in the format of Hermes's API server: every mistake in a request is an `invalid_request_error`. */
export function toApiServerError(
  error: ApiError,
  request: FastifyRequest,
): { readonly status: number; readonly body: object } {
  switch (error.code) {
    case 'invalid_api_key': {
      const { status, message } = new ApiError('gateway_auth_failed');
      return {
        status,
        body: { error: { message, type: 'gateway_auth_error', code: 'gateway_auth_failed' } },
      };
    }
    case 'profile_not_found':
      return { status: error.status, body: { error: error.message } };
    case 'session_not_found':
      return refusal(error, `Session not found: ${sessionIn(request)}`);
    case 'session_exists':
    case 'invalid_title':
    case 'invalid_pagination':
    case 'invalid_session_id':
    case 'invalid_session_field':
    case 'unsupported_session_field':
      return refusal(error, error.message);
    default:
      return { status: error.status, body: error.toEnvelope() };
  }
}

function refusal(
  { status, code }: ApiError,
  message: string,
): { readonly status: number; readonly body: object } {
  return { status, body: { error: { message, type: 'invalid_request_error', param: null, code } } };
}

function sessionIn({ params }: FastifyRequest): string {
  const id: unknown = (params as Readonly<Record<string, unknown>> | undefined)?.session_id;
  return typeof id === 'string' ? id : '';
}
