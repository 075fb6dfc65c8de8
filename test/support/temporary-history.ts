import { dirname, join } from 'node:path';
import type { HistoryLocation } from '../../src/config/settings.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SchemaVersion } from '../../src/demo/state-db/schema.js';
import { temporaryFolder } from './server.js';

/** The location of a new, empty history in a folder of its own, for a store without a server. */
export function temporaryHistory(
  version: SchemaVersion,
  journalMode: 'wal' | 'delete' = 'wal',
): HistoryLocation {
  const stateDb = join(temporaryFolder(), 'state.db');
  HistoryWriter.create(stateDb, version, journalMode).close();
  return {
    stateDb,
    hermesHome: dirname(stateDb),
    tokenizer: '',
    sqliteNode: '',
    indexFolder: temporaryFolder(),
  };
}
