import { applyDecorators, type Type } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ErrorResponse } from './error.response.js';
import { ApiError, ERROR_CATALOGUE, type ErrorCode } from './errors.js';

/** Errors possible for any request, before it is routed. */
const EVERYWHERE: readonly ErrorCode[] = [
  'bad_request',
  'unknown_parameter',
  'request_timeout',
  'headers_too_large',
];

/** Errors possible for any request that needs a key. The key may be kept in a database that is unavailable. */
const BEHIND_THE_GUARD: readonly ErrorCode[] = [
  'invalid_api_key',
  'insufficient_scope',
  'identity_provider_unavailable',
  'store_unavailable',
  'too_many_wrong_keys',
  'rate_limited',
  'overloaded',
  'internal_error',
];

/** Errors possible for any request that reads a history. */
export const STORE_ERRORS = ['store_unavailable', 'store_corrupt', 'store_busy'] as const;

/** Errors possible for any request that names a session. */
export const SESSION_ERRORS = ['session_not_found', 'ambiguous_session'] as const;

/** Errors possible for any request that has a body. */
export const BODY_ERRORS = ['invalid_body', 'payload_too_large', 'unsupported_media_type'] as const;

/** Errors possible for any request that searches. */
export const SEARCH_ERRORS = ['search_timeout', 'search_busy'] as const;

/** Errors possible for any request that changes a session. */
export const CHANGE_ERRORS = [
  'session_busy',
  'unsupported_by_store',
  'refused_by_history',
  'message_too_large',
] as const;

/** Errors possible for any request that uses the trash. */
export const TRASH_ERRORS = ['trash_off', 'trash_unavailable'] as const;

/** All codes, in the order of the catalogue. */
const CODES = Object.keys(ERROR_CATALOGUE) as readonly ErrorCode[];

/** Whether an error concerns a whole history rather than one of its sessions. */
export function isStoreError(code: string): code is (typeof STORE_ERRORS)[number] {
  return (STORE_ERRORS as readonly string[]).includes(code);
}

/** Documents the errors of an endpoint that needs a key: the given ones, and those common to all such endpoints. */
export function GuardedApiErrors(...codes: readonly ErrorCode[]): MethodDecorator & ClassDecorator {
  return ApiErrors(...guardedErrors(...codes));
}

/** The errors of an endpoint that needs a key: the given ones, and those common to all such endpoints. */
export function guardedErrors(...codes: readonly ErrorCode[]): readonly ErrorCode[] {
  return [...BEHIND_THE_GUARD, ...codes];
}

/** Documents the errors of an endpoint, with one example per code: the given ones, and those common to all endpoints. */
export function ApiErrors(...codes: readonly ErrorCode[]): MethodDecorator & ClassDecorator {
  return ApiErrorsAs(ErrorResponse, ...codes);
}

/** As {@link ApiErrors}, for an endpoint that has its own error format. */
export function ApiErrorsAs(type: Type, ...ownCodes: readonly ErrorCode[]): MethodDecorator & ClassDecorator {
  const possible = new Set([...EVERYWHERE, ...ownCodes]);
  // In one order, so that the document does not depend on how an endpoint lists its errors.
  const codes = CODES.filter((code) => possible.has(code));
  const statuses = new Set(codes.map(statusOf));
  return applyDecorators(
    ...[...statuses].map((status) =>
      errorResponse(
        type,
        status,
        codes.filter((code) => statusOf(code) === status),
      ),
    ),
  );
}

function statusOf(code: ErrorCode): number {
  return ERROR_CATALOGUE[code].status;
}

function errorResponse(
  type: Type,
  status: number,
  codes: readonly ErrorCode[],
): MethodDecorator & ClassDecorator {
  return ApiResponse({
    status,
    description: codes.map((code) => `\`${code}\``).join(', '),
    type,
    examples: Object.fromEntries(
      codes.map((code) => [code, { summary: code, value: new ApiError(code).toEnvelope() }]),
    ),
  });
}
