import { errorCode } from '../../../config/error-code.js';
import { DomainError } from '../../../domain/errors.js';

/** What SQLite itself refused; `code` is the name of an extended result code (https://sqlite.org/rescode.html). */
export interface SqliteFailure extends Error {
  readonly code: string;
}

/**
 * Whether SQLite refused something. Told by the error's form: the driver hands the class of its errors to its
 * native part once a process, so a second copy of the driver, or another realm, does not know them by `instanceof`.
 */
export function isSqliteFailure(error: unknown): error is SqliteFailure {
  return errorCode(error)?.startsWith('SQLITE_') === true;
}

/** Whether a full-text index cannot be read, though what it is an index of may be whole. */
export function isDamagedIndex(error: unknown): boolean {
  return (
    isSqliteFailure(error) &&
    (error.code === 'SQLITE_CORRUPT_VTAB' ||
      error.message.startsWith('vtable constructor failed: messages_fts'))
  );
}

/** Codes of what can be read of a file and makes no sense. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;

/** Whether something of the file itself is damaged, beside its indexes of words. */
export function isDamage(error: unknown): boolean {
  return isSqliteFailure(error) && DAMAGED.test(error.code) && !isDamagedIndex(error);
}

/** A failure as SQLite's own, where a lock is not even asked for. */
export function busyFailure(message: string): SqliteFailure {
  return Object.assign(new Error(message), { code: 'SQLITE_BUSY' });
}

/** Whether another connection held a lock, so that trying again makes sense. */
export function isBusy(error: unknown): boolean {
  return isSqliteFailure(error) && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

/**
 * Whether a crashed writer left a journal that a read-only connection may not play back
 * (https://sqlite.org/rescode.html#readonly_rollback).
 */
export function needsRecovery(error: unknown): boolean {
  return isSqliteFailure(error) && /^SQLITE_READONLY_(ROLLBACK|RECOVERY|CANTINIT)$/.test(error.code);
}

/** Whether what lies in the place of pages is none, or cannot be read. */
export function isUnreadable(error: unknown): boolean {
  return isSqliteFailure(error) && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(error.code);
}

/**
 * What a caller may know of a failure of SQLite; any other error is returned as it is.
 * @param profile whose history it was met in, where that is known.
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
  // Its triggers have to read what they take out of an index.
  if (error.code === 'SQLITE_TOOBIG') return new DomainError('message_too_large', { cause: error });
  // A trigger of its can also ask for a function that its own process alone has.
  if (error.code === 'SQLITE_CONSTRAINT_TRIGGER' || error.message.startsWith('no such function'))
    return new DomainError('refused_by_history', { message: refusalOf(error), cause: error });
  if (error.message.includes('no such tokenizer'))
    return new DomainError('tokenizer_unavailable', { cause: error });
  const message = UNAVAILABLE.find(({ failure }) => failure.test(`${error.code} ${error.message}`))?.message;
  return message === undefined ? error : new DomainError('store_unavailable', { message, cause: error });
}

/** Whether a history has an id twice, which its own index of ids does not allow, nor does the index that is kept of it: that file is damaged. */
function hasIdTwice({ message }: SqliteFailure): boolean {
  return message === 'UNIQUE constraint failed: known_sessions.id';
}

/** Characters of a trigger's own words that a caller reads. */
const LONGEST_REASON = 200;

/** A trigger of Hermes's says in words why it raises. */
function refusalOf({ message }: SqliteFailure): string {
  const reason = message.replace(/\s+/g, ' ').slice(0, LONGEST_REASON);
  return `A rule that Hermes has put into the history refuses this: ${reason}`;
}

/** Whether an error concerns the history as a whole, so that the next change would meet it as well. */
export function isStoreFailure(error: unknown): boolean {
  const known = toStoreError(error);
  return known instanceof DomainError && STORE_FAILURES.has(known.code);
}

/** What can be wrong with a history rather than with one session of it. */
const STORE_FAILURES: ReadonlySet<string> = new Set(['store_unavailable', 'store_corrupt', 'store_busy']);

/** Failures that pass when somebody does something about them, by code and text, and what a caller reads. */
const UNAVAILABLE: readonly { readonly failure: RegExp; readonly message: string }[] = [
  { failure: /^SQLITE_FULL/, message: 'The disk of the history is full. Nothing was changed.' },
  {
    failure: /^SQLITE_READONLY_(DIRECTORY|CANTINIT)/,
    message:
      'This server may not write to the folder of the history, where SQLite keeps files beside one in WAL mode.',
  },
  { failure: /^SQLITE_READONLY/, message: 'This server may not write to the history. Nothing was changed.' },
  { failure: /^SQLITE_IOERR/, message: 'The disk of the history reports errors.' },
  // In WAL mode it has tried for ten seconds by then (https://sqlite.org/rescode.html#protocol).
  { failure: /^SQLITE_PROTOCOL/, message: 'The history cannot be locked at the moment.' },
  { failure: /^SQLITE_(CANTOPEN|PERM|AUTH)/, message: 'The history cannot be opened at the moment.' },
  // An owner that is being updated takes tables and columns away and puts others in their place.
  {
    failure: /no such (table|column)|schema has changed/,
    message: 'The schema of the history is being changed.',
  },
];
