import { KeyFileError } from '../auth/key-file-error.js';
import { systemReason } from '../config/error-code.js';
import { SettingsError } from '../config/settings.js';
import { DomainError } from '../domain/errors.js';
import { FileLockError } from '../stores/hermes/file/file-lock.js';
import { StateDbFileError } from '../stores/hermes/file/state-db-file.js';
import { toStoreError } from '../stores/postgres/connection/postgres-failure.js';

/** Runs a command. An error that the user can fix is printed as one sentence. @returns the exit code. */
export async function exitCodeOf(work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    const failure = toStoreError(error);
    if (!isExpected(failure)) throw error;
    process.stderr.write(`${sentenceOf(failure)}\n`);
    return 1;
  }
}

/** What went wrong, for the user. Of a system error it is the path and the reason, without the name of the system call. */
export function sentenceOf(error: Error): string {
  const reason = systemReason(error);
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  return reason === undefined || path === undefined ? error.message : `${path} cannot be used: ${reason}.`;
}

const EXPECTED = [SettingsError, StateDbFileError, DomainError, KeyFileError, FileLockError] as const;

/** Whether the user can fix it; this includes system errors about files. */
function isExpected(error: unknown): error is Error {
  return EXPECTED.some((kind) => error instanceof kind) || (error instanceof Error && 'syscall' in error);
}
