import { closeSync, openSync, readSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { journalOf } from './real-file.js';
import { isSqliteFailure } from './sqlite-failure.js';
import { fileSize } from './state-db-file.js';

/** Bytes in front of the frames of a journal, and of the page in each (https://sqlite.org/fileformat2.html#the_write_ahead_log). */
const HEADER = 32;
const FRAME_HEADER = 24;

/** How a journal begins, in either order of bytes. */
const MAGIC: ReadonlySet<number> = new Set([0x377f0682, 0x377f0683]);

/**
 * Whether the `-wal` of a history has what the memory beside it says that it has, which all processes share that have the file open: where it
 * was removed or cut off under them, that is of another one, and nobody can read what was committed to that until all of them have let go of
 * the file. Must not be called inside a transaction.
 */
export function isJournalWhole(db: Database, stateDb: string): boolean {
  // Twice, since another process may cut it off rightly in between.
  return hasAllFrames(db, stateDb) || hasAllFrames(db, stateDb);
}

function hasAllFrames(db: Database, stateDb: string): boolean {
  const frames = framesOf(db);
  if (frames <= 0) return true;
  const page = Number(db.pragma('main.page_size', { simple: true }));
  const journal = journalOf(stateDb);
  return fileSize(journal) >= HEADER + frames * (FRAME_HEADER + page) && MAGIC.has(beginningOf(journal));
}

/** How many frames the journal has, as processes share it; -1 where there is none, or they do not share it. */
function framesOf(db: Database): number {
  try {
    // Asks, and moves nothing; since SQLite 3.51 (https://sqlite.org/pragma.html#pragma_wal_checkpoint).
    const [row] = db.pragma('main.wal_checkpoint(NOOP)') as readonly { readonly log: number }[];
    return row?.log ?? -1;
  } catch (error) {
    if (isSqliteFailure(error)) return -1;
    throw error;
  }
}

/** The first number of a journal. Unlike the history itself, SQLite has no locks on it that closing a descriptor would drop. */
function beginningOf(journal: string): number {
  const bytes = Buffer.alloc(4);
  let file: number | undefined;
  try {
    file = openSync(journal, 'r');
    readSync(file, bytes, 0, 4, 0);
  } catch {
    // It was removed at this moment.
  }
  if (file !== undefined) closeSync(file);
  return bytes.readUInt32BE();
}
