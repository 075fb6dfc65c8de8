import { SettingsError } from '../config/settings.js';
import { DomainError } from '../domain/errors.js';
import { StateDbFileError } from '../stores/hermes/file/state-db-file.js';
import { toStoreError } from '../stores/postgres/connection/postgres-failure.js';

/** Does what a command on the database does. What somebody can mend is told in a sentence. @returns the exit code. */
export async function exitCodeOf(work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    const failure = toStoreError(error);
    if (!isExpected(failure)) throw error;
    process.stderr.write(`${failure.message}\n`);
    return 1;
  }
}

function isExpected(error: unknown): error is Error {
  return error instanceof SettingsError || error instanceof StateDbFileError || error instanceof DomainError;
}
