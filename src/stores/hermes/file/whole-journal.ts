import { closeSync, openSync, readSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { journalOf } from './real-file.js';
import { isSqliteFailure } from './sqlite-failure.js';
import { fileSize } from './state-db-file.js';

/** Bytes before the frames of a journal, and before the page in each frame (https://sqlite.org/fileformat2.html#the_write_ahead_log). */
const HEADER = 32;
const FRAME_HEADER = 24;

/** The first bytes of a journal, in either byte order. */
const MAGIC: ReadonlySet<number> = new Set([0x377f0682, 0x377f0683]);

/**
 * Whether the `-wal` of a history contains what its shared memory says, which all processes share that have the file open. If the log was removed or
 * truncated under them, that memory describes another log, and nobody can read what was committed until all of them have closed the file. Must not be
 * called inside a transaction.
 */
export function isJournalWhole(db: Database, stateDb: string): boolean {
  // Twice, since another process may legitimately truncate it in between.
  return hasAllFrames(db, stateDb) || hasAllFrames(db, stateDb);
}

function hasAllFrames(db: Database, stateDb: string): boolean {
  const frames = framesOf(db);
  if (frames <= 0) return true;
  const page = Number(db.pragma('main.page_size', { simple: true }));
  const journal = journalOf(stateDb);
  return fileSize(journal) >= HEADER + frames * (FRAME_HEADER + page) && MAGIC.has(beginningOf(journal));
}

/** How many frames the journal has according to shared memory; -1 if there is no journal, or it is not shared. */
function framesOf(db: Database): number {
  try {
    // NOOP only reports, and moves nothing; since SQLite 3.51 (https://sqlite.org/pragma.html#pragma_wal_checkpoint).
    const [row] = db.pragma('main.wal_checkpoint(NOOP)') as readonly { readonly log: number }[];
    return row?.log ?? -1;
  } catch (error) {
    if (isSqliteFailure(error)) return -1;
    throw error;
  }
}

/** The first number of a journal. Unlike on the history itself, SQLite holds no locks on it that closing a descriptor would drop. */
function beginningOf(journal: string): number {
  const bytes = Buffer.alloc(4);
  let file: number | undefined;
  try {
    file = openSync(journal, 'r');
    readSync(file, bytes, 0, 4, 0);
  } catch {
    // The journal was removed at this moment.
  }
  if (file !== undefined) closeSync(file);
  return bytes.readUInt32BE();
}
