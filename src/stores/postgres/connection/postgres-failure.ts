import { DomainError } from '../../../domain/errors.js';

/**
 * What PostgreSQL, or the way to it, refused; `code` is a SQLSTATE or the name of a system error. Told by its form: errors of the
 * system's own parts are of another realm where code runs in one of its own, so that `instanceof` does not know them.
 */
interface DatabaseFailure {
  readonly message: string;
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
}

/** The database is away: there is no connection to it, or that broke. What it refuses is none of these. */
export class AwayError extends DomainError {
  constructor(details: { readonly message: string; readonly cause: unknown }) {
    super('store_unavailable', details);
  }
}

/** What a caller may know of a failure of the database; any other error is returned as it is. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof DomainError || !isFailure(error)) return error;
  const message = UNAVAILABLE.find(({ failure }) => failure.test(describe(error)))?.message;
  if (message === undefined) return error;
  const details = { message, cause: error };
  return message === UNREACHABLE ? new AwayError(details) : new DomainError('store_unavailable', details);
}

/**
 * Why no connection could be opened. Whatever that was, nothing was asked yet: the database, the way to it, or how its address says that it is
 * to be reached, is not as it should be.
 */
export function toConnectionError(error: unknown): DomainError {
  if (error instanceof AwayError) return error;
  const known = toStoreError(error);
  if (known instanceof DomainError) return new AwayError({ message: known.message, cause: error });
  const text = isFailure(error) ? describe(error) : '';
  const message = CONNECTING.find(({ failure }) => failure.test(text))?.message;
  return new AwayError({ message: message ?? NO_CONNECTION, cause: error });
}

/** Whether a statement was stopped because its time was over. */
export function isTimeout(error: unknown): boolean {
  return isFailure(error) && /^57014|query read timeout/i.test(describe(error));
}

/** Whether the database has said nothing for as long as a statement may take: what leads to it may be gone without a word. */
export function isSilence(error: unknown): boolean {
  return isFailure(error) && /query read timeout/i.test(error.message);
}

/** Whether trying again at once makes sense: nothing has happened, and the next try meets other circumstances. */
export function isTransient(error: unknown): boolean {
  return isOutdatedStatement(error) || (isFailure(error) && CROSSED.test(describe(error)));
}

/** A transaction met another one, or on a standby what it replays. */
const CROSSED = /^(40001|40P01)/;

/** Whether a statement was prepared before a table was changed, or is known to the connection no more. */
export function isOutdatedStatement(error: unknown): boolean {
  return isFailure(error) && /^(0A000|26000)/.test(describe(error));
}

/** Whether something was given up because somebody else had locked what it needs, or each of them what the other one needed. */
export function isHeldUp(error: unknown): boolean {
  if (error instanceof DomainError) return isHeldUp(error.cause);
  return isFailure(error) && /^(55P03|40P01)/.test(describe(error));
}

/** Whether a value says nothing to the database, such as the name of a time zone that it does not know. */
export function isMeaningless(error: unknown): boolean {
  return isFailure(error) && /^22023/.test(describe(error));
}

/** Whether the role has no right to something. */
export function isForbidden(error: unknown): boolean {
  return isFailure(error) && FORBIDDEN.test(describe(error));
}

const FORBIDDEN = /^42501/;

/** Whether something was not dropped because other things depend on it. */
export function isStillNeeded(error: unknown): boolean {
  return isFailure(error) && /^2BP01/.test(describe(error));
}

function describe(error: DatabaseFailure): string {
  return `${driverCode(error)} ${error.message}`;
}

/** TypeORM wraps the driver's error and keeps its fields; a connection that several addresses refused has them inside. */
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
 * Failures of connections alone, which the driver hands on as Node has them (https://nodejs.org/api/tls.html#x509-certificate-error-codes), or
 * with a text and nothing else.
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

/** Failures that pass by themselves or when somebody does something about them (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const UNAVAILABLE: readonly { readonly failure: RegExp; readonly message: string }[] = [
  { failure: /^57014|query read timeout/i, message: 'The database took too long to answer.' },
  { failure: CROSSED, message: 'The database is too busy with what others do in it. Try again.' },
  // The pool says so of those who wait for a connection that others use; of one that cannot be opened it says something else.
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
