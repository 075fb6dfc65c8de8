import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { journalOf } from './real-file.js';

/** Why nothing in a history can be changed, in the words of the operating system; null where it can be. SQLite keeps a journal in the same folder. */
export async function whyNotWritable(stateDb: string): Promise<string | null> {
  try {
    await access(stateDb, constants.W_OK);
    await access(dirname(journalOf(stateDb)), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
