import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { journalOf } from './real-file.js';

/** The operating system's reason why a history cannot be changed; null if it can. SQLite needs to write a journal in the same folder. */
export async function whyNotWritable(stateDb: string): Promise<string | null> {
  try {
    await access(stateDb, constants.W_OK);
    await access(dirname(journalOf(stateDb)), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
