import { DomainError, FAILURES } from '../domain/errors.js';

/**
 * The catalogue of every error that a caller can receive, including the domain's errors with their status. No other code defines error codes;
 * `docs/errors.md` is generated from this table.
 */

/** The value of `error.type`, as OpenAI-compatible clients know it. */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'gateway_auth_error'
  | 'permission_error'
  | 'not_found_error'
  | 'conflict_error'
  | 'rate_limit_error'
  | 'server_error'
  | 'service_unavailable';

interface CatalogueEntry {
  readonly status: number;
  readonly type: ErrorType;
  /** The default message, used where the code that raises the error has nothing more specific to say. */
  readonly message: string;
  /** Seconds after which a retry makes sense, sent as `Retry-After`. */
  readonly retryAfter?: number;
}

export const ERROR_CATALOGUE = {
  invalid_parameter: {
    status: 400,
    type: 'invalid_request_error',
    message: FAILURES.invalid_parameter,
  },
  unknown_parameter: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The request has a parameter or field that does not exist.',
  },
  invalid_cursor: {
    status: 400,
    type: 'invalid_request_error',
    message: FAILURES.invalid_cursor,
  },
  invalid_body: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The body must be one JSON object.',
  },
  empty_update: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Nothing to change: send at least one of title, archived, pinned.',
  },
  empty_selection: {
    status: 400,
    type: 'invalid_request_error',
    message:
      'Name what to prune: send at least one of platform, older_than, last_active_before, max_messages, titled, archived.',
  },
  invalid_title: {
    status: 400,
    type: 'invalid_request_error',
    message: FAILURES.invalid_title,
  },
  invalid_pagination: {
    status: 400,
    type: 'invalid_request_error',
    message: 'limit and offset must be non-negative integers',
  },
  unsupported_session_field: {
    status: 400,
    type: 'invalid_request_error',
    message: 'A field of this session cannot be set.',
  },
  invalid_session_field: {
    status: 400,
    type: 'invalid_request_error',
    message: 'A field of a session has a value that is not allowed.',
  },
  invalid_session_id: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Invalid session ID',
  },
  bad_request: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The request could not be understood.',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    message: 'A valid API key is needed: send it as "Authorization: Bearer <key>".',
  },
  sign_in_needs_key: {
    status: 403,
    type: 'permission_error',
    message: 'A browser is signed in by a key of this server: send one as "Authorization: Bearer <key>".',
  },
  foreign_page: {
    status: 403,
    type: 'permission_error',
    message:
      'Browsers are signed in and out by pages of this server alone, which send "X-Hermes-Sessions-Page: 1".',
  },
  origin_not_allowed: {
    status: 403,
    type: 'permission_error',
    message: 'Web pages of this origin may not speak to /mcp. CORS_ORIGINS names those that may.',
  },
  sign_in_unavailable: {
    status: 503,
    type: 'service_unavailable',
    message:
      'Nobody can be signed in here: the secret of sign-ins cannot be read, or written beside KEYS_FILE. The log says why.',
  },
  gateway_auth_failed: {
    status: 401,
    type: 'gateway_auth_error',
    message: 'Invalid gateway API key (API_SERVER_KEY)',
  },
  session_not_found: {
    status: 404,
    type: 'not_found_error',
    message: FAILURES.session_not_found,
  },
  message_not_found: {
    status: 404,
    type: 'not_found_error',
    message: FAILURES.message_not_found,
  },
  trash_entry_not_found: {
    status: 404,
    type: 'not_found_error',
    message: FAILURES.trash_entry_not_found,
  },
  profile_not_found: {
    status: 404,
    type: 'not_found_error',
    message: FAILURES.profile_not_found,
  },
  route_not_found: {
    status: 404,
    type: 'not_found_error',
    message: 'There is nothing at this path. GET /v1/capabilities lists what is here.',
  },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    message: 'This path has other methods, which Allow names.',
  },
  identity_provider_unavailable: {
    status: 503,
    type: 'service_unavailable',
    message: 'The identity provider cannot be asked whether this token is valid. Try again.',
    retryAfter: 5,
  },
  insufficient_scope: {
    status: 403,
    type: 'permission_error',
    message: 'This key may not do this.',
  },
  ambiguous_session: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.ambiguous_session,
  },
  session_exists: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.session_exists,
  },
  title_in_use: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.title_in_use,
  },
  session_busy: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.session_busy,
  },
  plan_changed: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.plan_changed,
  },
  refused_by_history: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.refused_by_history,
  },
  message_too_large: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.message_too_large,
  },
  trash_off: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.trash_off,
  },
  trash_too_small: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.trash_too_small,
  },
  trash_inexact: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.trash_inexact,
  },
  trash_entry_damaged: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.trash_entry_damaged,
  },
  unsupported_by_store: {
    status: 409,
    type: 'conflict_error',
    message: FAILURES.unsupported_by_store,
  },
  payload_too_large: {
    status: 413,
    type: 'invalid_request_error',
    message: 'The body is larger than this server accepts.',
  },
  headers_too_large: {
    status: 431,
    type: 'invalid_request_error',
    message: 'The URL and headers together are longer than 32 KiB.',
  },
  request_timeout: {
    status: 408,
    type: 'invalid_request_error',
    message: 'The request did not arrive in time.',
  },
  rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    message: 'Too many requests. Retry-After says when to go on.',
  },
  too_many_wrong_keys: {
    status: 429,
    type: 'rate_limit_error',
    message: 'Too many wrong API keys came from this address. Retry-After says when to try again.',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    message: 'Send the body as application/json.',
  },
  internal_error: {
    status: 500,
    type: 'server_error',
    message: 'Something went wrong here. The log has the details under the X-Request-Id of this answer.',
  },
  agent_needed: {
    status: 501,
    type: 'server_error',
    message:
      'This needs an agent, and there is none here: set HERMES_UPSTREAM_URL to the Hermes API server that has one.',
  },
  upstream_unavailable: {
    status: 502,
    type: 'service_unavailable',
    message: 'The Hermes API server behind this one does not answer.',
    retryAfter: 5,
  },
  overloaded: {
    status: 503,
    type: 'service_unavailable',
    message: 'The server has more to do than it can at the moment. Try again.',
    retryAfter: 2,
  },
  store_unavailable: {
    status: 503,
    type: 'service_unavailable',
    message: FAILURES.store_unavailable,
    retryAfter: 5,
  },
  store_corrupt: {
    status: 503,
    type: 'service_unavailable',
    message: FAILURES.store_corrupt,
    retryAfter: 60,
  },
  store_busy: {
    status: 503,
    type: 'service_unavailable',
    message: FAILURES.store_busy,
    retryAfter: 1,
  },
  trash_unavailable: {
    status: 503,
    type: 'service_unavailable',
    message: FAILURES.trash_unavailable,
    retryAfter: 60,
  },
  search_timeout: {
    status: 503,
    type: 'service_unavailable',
    message: FAILURES.search_timeout,
    retryAfter: 1,
  },
  search_busy: {
    status: 503,
    type: 'service_unavailable',
    message: FAILURES.search_busy,
    retryAfter: 1,
  },
  client_closed_request: {
    status: 499,
    type: 'invalid_request_error',
    message: 'The connection was closed before there was an answer.',
  },
  precondition_failed: {
    status: 412,
    type: 'invalid_request_error',
    message: FAILURES.precondition_failed,
  },
  tokenizer_unavailable: {
    status: 503,
    type: 'service_unavailable',
    message: FAILURES.tokenizer_unavailable,
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** The body of every error answer. */
export interface ErrorEnvelope {
  readonly error: {
    readonly message: string;
    readonly type: ErrorType;
    readonly param: string | null;
    readonly code: ErrorCode;
  };
}

/** An error answer. {@link toApiError} turns a {@link DomainError} into one, and any other error into `internal_error`. */
export class ApiError extends Error {
  readonly param: string | null;

  /** Seconds after which a retry makes sense, if known. */
  readonly retryAfter: number | undefined;

  /**
   * @param details.param the parameter or field at fault.
   * @param details.message what is wrong and what is allowed; by default the catalogue's text.
   * @param details.retryAfter seconds after which a retry makes sense; by default the catalogue's number.
   */
  constructor(
    readonly code: ErrorCode,
    details: {
      readonly param?: string;
      readonly message?: string;
      readonly retryAfter?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    const entry: CatalogueEntry = ERROR_CATALOGUE[code];
    super(details.message ?? entry.message, { cause: details.cause });
    this.name = 'ApiError';
    this.param = details.param ?? null;
    this.retryAfter = details.retryAfter ?? entry.retryAfter;
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }

  toEnvelope(): ErrorEnvelope {
    return {
      error: {
        message: this.message,
        type: ERROR_CATALOGUE[this.code].type,
        param: this.param,
        code: this.code,
      },
    };
  }
}

/** Converts a failure into what the caller is told: the domain's error, or `internal_error` for an unforeseen one. */
export function toApiError(failure: unknown): ApiError {
  if (failure instanceof ApiError) return failure;
  if (!(failure instanceof DomainError)) return new ApiError('internal_error', { cause: failure });
  const { code, param, message, cause } = failure;
  return new ApiError(code, { param, message, cause });
}
