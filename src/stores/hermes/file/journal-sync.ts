import { open, type FileHandle } from 'node:fs/promises';
import { errorCode } from '../../../config/error-code.js';
import { journalOf } from './real-file.js';

/**
 * Has the disk keep what was committed to a history until now, for whoever gives up another copy of it. A commit to a write-ahead log waits
 * for no disk, so that a power cut takes the last ones away; any other journal is synced by each commit.
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
