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

/** The `type` of each status. */
const TYPES = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  408: 'invalid_request_error',
  409: 'conflict_error',
  412: 'invalid_request_error',
  413: 'invalid_request_error',
  415: 'invalid_request_error',
  429: 'rate_limit_error',
  431: 'invalid_request_error',
  499: 'invalid_request_error',
  500: 'server_error',
  501: 'server_error',
  502: 'service_unavailable',
  503: 'service_unavailable',
} as const satisfies Readonly<Record<number, ErrorType>>;

/** What an entry has besides its status and message. */
type Others = Partial<Pick<CatalogueEntry, 'type' | 'retryAfter'>>;

/** An entry whose `type` follows from its status unless `others` names one. */
function error(status: keyof typeof TYPES, message: string, others: Others = {}): CatalogueEntry {
  return { status, type: TYPES[status], message, ...others };
}

/** An entry for a failure of the domain, with the domain's own message. */
function failure(status: keyof typeof TYPES, name: keyof typeof FAILURES, others?: Others): CatalogueEntry {
  return error(status, FAILURES[name], others);
}

export const ERROR_CATALOGUE = {
  invalid_parameter: failure(400, 'invalid_parameter'),
  unknown_parameter: error(400, 'The request has a parameter or field that does not exist.'),
  invalid_cursor: failure(400, 'invalid_cursor'),
  invalid_body: error(400, 'The body must be one JSON object.'),
  empty_update: error(400, 'Nothing to change: send at least one of title, archived, pinned.'),
  empty_selection: error(
    400,
    'Name what to prune: send at least one of platform, older_than, last_active_before, max_messages, titled, archived.',
  ),
  invalid_title: failure(400, 'invalid_title'),
  invalid_pagination: error(400, 'limit and offset must be non-negative integers'),
  unsupported_session_field: error(400, 'A field of this session cannot be set.'),
  invalid_session_field: error(400, 'A field of a session has a value that is not allowed.'),
  invalid_session_id: error(400, 'Invalid session ID'),
  bad_request: error(400, 'The request could not be understood.'),
  invalid_api_key: error(401, 'A valid API key is needed: send it as "Authorization: Bearer <key>".'),
  sign_in_needs_key: error(
    403,
    'Signing in needs a key of this server: send it as "Authorization: Bearer <key>".',
  ),
  foreign_page: error(
    403,
    'Only pages of this server can sign a browser in or out. They send "X-Hermes-Sessions-Page: 1".',
  ),
  origin_not_allowed: error(
    403,
    'Web pages of this origin may not use /mcp. CORS_ORIGINS lists the origins that may.',
  ),
  sign_in_unavailable: error(
    503,
    'Nobody can sign in: the sign-in secret beside KEYS_FILE cannot be read or written. The log says why.',
  ),
  gateway_auth_failed: error(401, 'Invalid gateway API key (API_SERVER_KEY)', { type: 'gateway_auth_error' }),
  session_not_found: failure(404, 'session_not_found'),
  message_not_found: failure(404, 'message_not_found'),
  trash_entry_not_found: failure(404, 'trash_entry_not_found'),
  profile_not_found: failure(404, 'profile_not_found'),
  route_not_found: error(404, 'There is nothing at this path. GET /v1/capabilities lists the endpoints.'),
  method_not_allowed: error(
    405,
    'This path does not support this method. The Allow header lists the methods it supports.',
  ),
  identity_provider_unavailable: error(
    503,
    'The identity provider cannot be reached to check this token. Try again.',
    { retryAfter: 5 },
  ),
  insufficient_scope: error(403, 'This key may not do this.'),
  ambiguous_session: failure(409, 'ambiguous_session'),
  session_exists: failure(409, 'session_exists'),
  title_in_use: failure(409, 'title_in_use'),
  session_busy: failure(409, 'session_busy'),
  plan_changed: failure(409, 'plan_changed'),
  refused_by_history: failure(409, 'refused_by_history'),
  message_too_large: failure(409, 'message_too_large'),
  trash_off: failure(409, 'trash_off'),
  trash_too_small: failure(409, 'trash_too_small'),
  trash_inexact: failure(409, 'trash_inexact'),
  trash_entry_damaged: failure(409, 'trash_entry_damaged'),
  unsupported_by_store: failure(409, 'unsupported_by_store'),
  payload_too_large: error(413, 'The body is larger than this server accepts.'),
  headers_too_large: error(431, 'The URL and headers together are longer than 32 KiB.'),
  request_timeout: error(408, 'The request did not arrive in time.'),
  rate_limited: error(429, 'Too many requests. Retry-After says when to try again.'),
  too_many_wrong_keys: error(
    429,
    'Too many wrong API keys came from this address. Retry-After says when to try again.',
  ),
  unsupported_media_type: error(415, 'Send the body as application/json.'),
  internal_error: error(
    500,
    'Something went wrong here. The log has the details under the X-Request-Id of this answer.',
  ),
  agent_needed: error(
    501,
    'This needs an agent, and there is none here: set HERMES_UPSTREAM_URL to the Hermes API server that has one.',
  ),
  upstream_unavailable: error(502, 'The Hermes API server behind this one does not answer.', {
    retryAfter: 5,
  }),
  overloaded: error(503, 'The server is overloaded at the moment. Try again.', {
    retryAfter: 2,
  }),
  store_unavailable: failure(503, 'store_unavailable', { retryAfter: 5 }),
  store_corrupt: failure(503, 'store_corrupt', { retryAfter: 60 }),
  store_busy: failure(503, 'store_busy', { retryAfter: 1 }),
  trash_unavailable: failure(503, 'trash_unavailable', { retryAfter: 60 }),
  search_timeout: failure(503, 'search_timeout', { retryAfter: 1 }),
  search_busy: failure(503, 'search_busy', { retryAfter: 1 }),
  client_closed_request: error(499, 'The connection was closed before there was an answer.'),
  precondition_failed: failure(412, 'precondition_failed'),
  tokenizer_unavailable: failure(503, 'tokenizer_unavailable'),
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
