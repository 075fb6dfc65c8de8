import { DomainError } from '../../../domain/errors.js';

/**
 * An error of PostgreSQL or of the connection to it; `code` is a SQLSTATE or the name of a system error. Recognized by its shape: in a
 * separate realm, Node's own errors are not an `instanceof` that realm's `Error`.
 */
interface DatabaseFailure {
  readonly message: string;
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
}

/** The database is unreachable: no connection could be opened, or it broke. Errors that the database returns are not included. */
export class AwayError extends DomainError {
  constructor(details: { readonly message: string; readonly cause: unknown }) {
    super('store_unavailable', details);
  }
}

/** The error to show a caller for a database failure; any other error is returned unchanged. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof DomainError || !isFailure(error)) return error;
  const message = UNAVAILABLE.find(({ failure }) => failure.test(describe(error)))?.message;
  if (message === undefined) return error;
  const details = { message, cause: error };
  return message === UNREACHABLE ? new AwayError(details) : new DomainError('store_unavailable', details);
}

/**
 * Why no connection could be opened. No statement was sent, so every such failure concerns the database, the network, or the configured
 * address.
 */
export function toConnectionError(error: unknown): DomainError {
  if (error instanceof AwayError) return error;
  const known = toStoreError(error);
  if (known instanceof DomainError) return new AwayError({ message: known.message, cause: error });
  const text = isFailure(error) ? describe(error) : '';
  const message = CONNECTING.find(({ failure }) => failure.test(text))?.message;
  return new AwayError({ message: message ?? NO_CONNECTION, cause: error });
}

/** Whether a statement was cancelled by its time limit. */
export function isTimeout(error: unknown): boolean {
  return isFailure(error) && /^57014|query read timeout/i.test(describe(error));
}

/** Whether the database did not answer within the time limit of a statement: the network path may be gone without notice. */
export function isSilence(error: unknown): boolean {
  return isFailure(error) && /query read timeout/i.test(error.message);
}

/** Whether an immediate retry makes sense: nothing was changed, and the conflict may be over. */
export function isTransient(error: unknown): boolean {
  return isOutdatedStatement(error) || (isFailure(error) && CROSSED.test(describe(error)));
}

/** A conflict with another transaction, or on a standby with its replay. */
const CROSSED = /^(40001|40P01)/;

/** Whether a prepared statement is outdated by a schema change, or unknown to the connection. */
export function isOutdatedStatement(error: unknown): boolean {
  return isFailure(error) && /^(0A000|26000)/.test(describe(error));
}

/** Whether a lock timeout or a deadlock ended the statement. */
export function isHeldUp(error: unknown): boolean {
  if (error instanceof DomainError) return isHeldUp(error.cause);
  return isFailure(error) && /^(55P03|40P01)/.test(describe(error));
}

/** Whether the database rejects a parameter's value, such as an unknown time zone. */
export function isMeaningless(error: unknown): boolean {
  return isFailure(error) && /^22023/.test(describe(error));
}

/** Whether the role lacks the right. */
export function isForbidden(error: unknown): boolean {
  return isFailure(error) && FORBIDDEN.test(describe(error));
}

const FORBIDDEN = /^42501/;

/** Whether an object was not dropped because others depend on it. */
export function isStillNeeded(error: unknown): boolean {
  return isFailure(error) && /^2BP01/.test(describe(error));
}

function describe(error: DatabaseFailure): string {
  return `${driverCode(error)} ${error.message}`;
}

/** TypeORM wraps the driver's error and copies its fields. A connection refused by several addresses has the errors inside. */
function driverCode({ code, errors, cause }: DatabaseFailure): string {
  if (typeof code === 'string') return code;
  const inner: unknown = Array.isArray(errors) ? errors[0] : cause;
  return isFailure(inner) ? driverCode(inner) : '';
}

function isFailure(error: unknown): error is DatabaseFailure {
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  );
}

const UNREACHABLE = 'The database cannot be reached at the moment.';
const NO_CONNECTION = 'No connection to the database can be opened.';

/**
 * Failures to connect. The driver passes them on with Node's code (https://nodejs.org/api/tls.html#x509-certificate-error-codes), or with
 * a message only.
 */
const CONNECTING: readonly { readonly failure: RegExp; readonly message: string }[] = [
  {
    failure: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)/,
    message: 'The TLS certificate of the database has expired, or is not valid yet.',
  },
  {
    failure: /^(ERR_TLS_CERT_ALTNAME_|HOSTNAME_MISMATCH)/,
    message: 'The TLS certificate of the database is one of another host.',
  },
  {
    failure: /^(\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|CERT_\w+|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED) /,
    message: 'The TLS certificate of the database is not trusted.',
  },
  {
    failure: /^(ERR_(TLS|SSL|OSSL|CRYPTO)_|EPROTO)|\b(SSL|TLS)\b/,
    message: 'No TLS connection to the database can be opened.',
  },
  { failure: /SASL|SCRAM|password/i, message: 'The database does not let this server in.' },
  { failure: /timeout expired/, message: UNREACHABLE },
];

/** Failures that are temporary or that an operator can fix (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const UNAVAILABLE: readonly { readonly failure: RegExp; readonly message: string }[] = [
  { failure: /^57014|query read timeout/i, message: 'The database took too long to answer.' },
  { failure: CROSSED, message: 'The database is too busy with what others do in it. Try again.' },
  // The pool throws this only if all connections are in use, not if one cannot be opened.
  {
    failure: /timeout exceeded when trying to connect/,
    message: 'All connections of this process to the database are in use (DATABASE_POOL_SIZE). Try again.',
  },
  { failure: /^53300|^53400/, message: 'The database has no connection left.' },
  { failure: /^53100/, message: 'The disk of the database is full. Nothing was changed.' },
  { failure: /^25006/, message: 'The database accepts no changes at the moment.' },
  { failure: /^(28|3D000)/, message: 'The database does not let this server in.' },
  { failure: FORBIDDEN, message: 'The role of DATABASE_URL may not do this in the database.' },
  { failure: /^42P01|^42703/, message: 'The schema of the database is not the one of this version.' },
  {
    failure:
      /^(08|57P|53|58)|^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT)|Connection terminated|Client has encountered a connection error|Client was closed|not queryable|Driver not Connected|query runner (was )?already released|Cannot use a pool after calling end/i,
    message: UNREACHABLE,
  },
];
