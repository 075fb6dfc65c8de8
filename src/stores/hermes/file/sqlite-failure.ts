import { errorCode } from '../../../config/error-code.js';
import { DomainError } from '../../../domain/errors.js';

/** A failure reported by SQLite; `code` is the name of an extended result code (https://sqlite.org/rescode.html). */
export interface SqliteFailure extends Error {
  readonly code: string;
}

/**
 * Whether SQLite reported a failure. Checks the form of the error: the driver registers its error class with its native part once per process, so
 * `instanceof` fails for a second copy of the driver, or another realm.
 */
export function isSqliteFailure(error: unknown): error is SqliteFailure {
  return errorCode(error)?.startsWith('SQLITE_') === true;
}

/** Whether a full-text index cannot be read, while the indexed data may be intact. */
export function isDamagedIndex(error: unknown): boolean {
  return (
    isSqliteFailure(error) &&
    (error.code === 'SQLITE_CORRUPT_VTAB' ||
      error.message.startsWith('vtable constructor failed: messages_fts'))
  );
}

/** Codes for content that can be read but makes no sense. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;

/** Whether the file itself is damaged, apart from its full-text indexes. */
export function isDamage(error: unknown): boolean {
  return isSqliteFailure(error) && DAMAGED.test(error.code) && !isDamagedIndex(error);
}

/** SQLite's own busy failure, for when a lock is not even asked for. */
export function busyFailure(message: string): SqliteFailure {
  return Object.assign(new Error(message), { code: 'SQLITE_BUSY' });
}

/** Whether another connection held a lock, so that a retry makes sense. */
export function isBusy(error: unknown): boolean {
  return isSqliteFailure(error) && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

/** Whether a crashed writer left a journal that a read-only connection must not roll back (https://sqlite.org/rescode.html#readonly_rollback). */
export function needsRecovery(error: unknown): boolean {
  return isSqliteFailure(error) && /^SQLITE_READONLY_(ROLLBACK|RECOVERY|CANTINIT)$/.test(error.code);
}

/** Whether pages are invalid, or cannot be read. */
export function isUnreadable(error: unknown): boolean {
  return isSqliteFailure(error) && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(error.code);
}

/**
 * Translates a SQLite failure to what a caller may know; returns any other error as it is.
 * @param profile whose history it occurred in, if known.
 */
export function toStoreError(error: unknown, profile?: string): unknown {
  const failure = withoutProfile(error);
  if (failure instanceof DomainError) failure.profile ??= profile;
  return failure;
}

function withoutProfile(error: unknown): unknown {
  if (error instanceof DomainError || !isSqliteFailure(error)) return error;
  if (isBusy(error)) return new DomainError('store_busy', { cause: error });
  if (DAMAGED.test(error.code) || hasIdTwice(error))
    return new DomainError('store_corrupt', { cause: error });
  // Triggers must read a message to remove it from an index.
  if (error.code === 'SQLITE_TOOBIG') return new DomainError('message_too_large', { cause: error });
  // A trigger can also call a function that only Hermes's own process defines.
  if (error.code === 'SQLITE_CONSTRAINT_TRIGGER' || error.message.startsWith('no such function'))
    return new DomainError('refused_by_history', { message: refusalOf(error), cause: error });
  if (error.message.includes('no such tokenizer'))
    return new DomainError('tokenizer_unavailable', { cause: error });
  const message = UNAVAILABLE.find(({ failure }) => failure.test(`${error.code} ${error.message}`))?.message;
  return message === undefined ? error : new DomainError('store_unavailable', { message, cause: error });
}

/** Whether a history contains an id twice. The history's own unique index forbids that, as does our index, so the file is damaged. */
function hasIdTwice({ message }: SqliteFailure): boolean {
  return message === 'UNIQUE constraint failed: known_sessions.id';
}

/** Most characters of a trigger's message that a caller sees. */
const LONGEST_REASON = 200;

/** Hermes's triggers say in their error message why they refuse. */
function refusalOf({ message }: SqliteFailure): string {
  const reason = message.replace(/\s+/g, ' ').slice(0, LONGEST_REASON);
  return `A rule that Hermes has put into the history refuses this: ${reason}`;
}

/** Whether an error concerns the whole history, so that the next change would fail as well. */
export function isStoreFailure(error: unknown): boolean {
  const known = toStoreError(error);
  return known instanceof DomainError && STORE_FAILURES.has(known.code);
}

/** Errors of a history as a whole rather than of one session. */
const STORE_FAILURES: ReadonlySet<string> = new Set(['store_unavailable', 'store_corrupt', 'store_busy']);

/** Failures that somebody can resolve, by code and text, with the message for the caller. */
const UNAVAILABLE: readonly { readonly failure: RegExp; readonly message: string }[] = [
  { failure: /^SQLITE_FULL/, message: 'The disk of the history is full. Nothing was changed.' },
  {
    failure: /^SQLITE_READONLY_(DIRECTORY|CANTINIT)/,
    message:
      'This server may not write to the folder of the history, where SQLite keeps files beside one in WAL mode.',
  },
  { failure: /^SQLITE_READONLY/, message: 'This server may not write to the history. Nothing was changed.' },
  { failure: /^SQLITE_IOERR/, message: 'The disk of the history reports errors.' },
  // In WAL mode SQLite has tried for ten seconds by then (https://sqlite.org/rescode.html#protocol).
  { failure: /^SQLITE_PROTOCOL/, message: 'The history cannot be locked at the moment.' },
  { failure: /^SQLITE_(CANTOPEN|PERM|AUTH)/, message: 'The history cannot be opened at the moment.' },
  // An update of Hermes removes tables and columns, and adds others in their place.
  {
    failure: /no such (table|column)|schema has changed/,
    message: 'The schema of the history is being changed.',
  },
];
