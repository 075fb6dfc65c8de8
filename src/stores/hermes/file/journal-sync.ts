import { open, type FileHandle } from 'node:fs/promises';
import { errorCode } from '../../../config/error-code.js';
import { journalOf } from './real-file.js';

/**
 * Syncs to disk what has been committed to a history, before another copy of it is given up. A commit to a write-ahead log does not wait for the
 * disk, so a power cut can lose the last ones; any other journal is synced by each commit.
 */
export async function syncJournal(stateDb: string): Promise<void> {
  let journal: FileHandle;
  try {
    journal = await open(journalOf(stateDb), 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  try {
    await journal.sync();
  } finally {
    await journal.close();
  }
}
