import type { ErrorResponse } from './schema.js';

/** The kind of error in the server's answer; `connection` if there was no answer. */
export type ErrorType = ErrorResponse['error']['type'] | 'connection';

/** The details of an error besides its message. */
export interface ErrorDetails {
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** A stable word to branch on, listed in the server's `docs/errors.md`. */
  readonly code: string;
  readonly type: ErrorType;
  /** The field at fault; null if there is none. */
  readonly param: string | null;
  /** The id of the request in the server's log. */
  readonly requestId: string | null;
  /** Seconds after which to try again; null if the server does not say. */
  readonly retryAfter: number | null;
}

/** An error that every method can throw: branch on its class, or on `code`. */
export class HermesSessionsError extends Error implements ErrorDetails {
  override readonly name: string = 'HermesSessionsError';
  readonly status: number;
  readonly code: string;
  readonly type: ErrorType;
  readonly param: string | null;
  readonly requestId: string | null;
  readonly retryAfter: number | null;

  constructor(message: string, details: ErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.status = details.status;
    this.code = details.code;
    this.type = details.type;
    this.param = details.param;
    this.requestId = details.requestId;
    this.retryAfter = details.retryAfter;
  }

  /** Whether the same request may succeed later: the server is unreachable, busy or limits requests, or the request did not arrive in time. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** 400: an invalid parameter or body; `param` names it. */
export class InvalidRequestError extends HermesSessionsError {
  override readonly name = 'InvalidRequestError';
}

/** 401: no key, or a wrong one. */
export class AuthenticationError extends HermesSessionsError {
  override readonly name = 'AuthenticationError';
}

/** 403: the key does not allow this. */
export class PermissionError extends HermesSessionsError {
  override readonly name = 'PermissionError';
}

/** 404: it does not exist, or this key may not see it. */
export class NotFoundError extends HermesSessionsError {
  override readonly name = 'NotFoundError';
}

/** 409 or 412: a conflict with the current state, such as a title in use. */
export class ConflictError extends HermesSessionsError {
  override readonly name = 'ConflictError';
}

/** 429: too many requests; `retryAfter` says when to continue. */
export class RateLimitError extends HermesSessionsError {
  override readonly name = 'RateLimitError';
}

/** 503: the history or the server is temporarily unavailable. */
export class ServiceUnavailableError extends HermesSessionsError {
  override readonly name = 'ServiceUnavailableError';
}

/** 500: a fault of the server. */
export class ServerError extends HermesSessionsError {
  override readonly name = 'ServerError';
}

/** There was no answer, or it broke off; `cause` says why. */
export class ConnectionError extends HermesSessionsError {
  override readonly name = 'ConnectionError';

  constructor(cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(
      `The server did not answer: ${message}`,
      {
        status: 0,
        code: 'connection_failed',
        type: 'connection',
        param: null,
        requestId: null,
        retryAfter: null,
      },
      { cause },
    );
  }
}

/** Wraps an error of the caller's own code, so that it is not taken for a failed request. The caller gets the `cause`. */
export class CallersError extends Error {
  constructor(cause: unknown) {
    super('', { cause });
  }
}

/** Error classes by type. A newer server may have further types. */
const CLASSES: ReadonlyMap<string, typeof HermesSessionsError> = new Map(
  Object.entries({
    invalid_request_error: InvalidRequestError,
    authentication_error: AuthenticationError,
    permission_error: PermissionError,
    not_found_error: NotFoundError,
    conflict_error: ConflictError,
    rate_limit_error: RateLimitError,
    service_unavailable: ServiceUnavailableError,
    server_error: ServerError,
  }),
);

/** Error classes by status, which take precedence over the type. */
const CLASSES_BY_STATUS: ReadonlyMap<number, typeof HermesSessionsError> = new Map([[412, ConflictError]]);

/** The error for an answer. @param body the parsed body, which may be anything: a proxy may have answered. */
export function toError(response: Response, body: unknown): HermesSessionsError {
  const retryAfter = Number(response.headers.get('retry-after') ?? NaN);
  const common = {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
  };
  if (!isErrorResponse(body)) {
    return new HermesSessionsError(`HTTP ${response.status}`, {
      ...common,
      ...{ code: 'unknown', type: 'server_error', param: null },
    });
  }
  const { message, type, code, param } = body.error;
  const known = CLASSES_BY_STATUS.get(response.status) ?? CLASSES.get(type) ?? HermesSessionsError;
  return new known(message, { ...common, type, code, param });
}

function isErrorResponse(body: unknown): body is ErrorResponse {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  const { error } = body;
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
}
