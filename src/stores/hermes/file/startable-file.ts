import { isSqliteFailure, needsRecovery } from './sqlite-failure.js';
import { checkStateDbFile, StateDbFileError } from './state-db-file.js';
import { recover } from './writing-connection.js';

/**
 * Like {@link checkStateDbFile}, for a caller that goes on to read the history. First rolls back what a writer left that ended in the middle of a
 * change, as every program does that opens the file for writing.
 * @throws {StateDbFileError} as that does, also if this user may not roll it back.
 */
export function prepareStateDbFile(path: string): void {
  try {
    checkStateDbFile(path);
  } catch (error) {
    if (!(error instanceof StateDbFileError && needsRecovery(error.cause))) throw error;
    if (hasRecovered(path)) checkStateDbFile(path);
    else throw error;
  }
}

function hasRecovered(path: string): boolean {
  try {
    recover(path);
    return true;
  } catch (error) {
    if (isSqliteFailure(error)) return false;
    throw error;
  }
}
