import { statfsSync } from 'node:fs';
import { freemem } from 'node:os';

/** Linux's in-memory file system. */
const IN_MEMORY = '/dev/shm';

/** Size that a run's files may need at once, in bytes; the same amount is reserved for other memory use. */
const ENOUGH = 4 * 1024 ** 3;

/**
 * Keeps this run's files, including PostgreSQL's databases, in memory if there is enough of it. Thousands of them are created and deleted, and on a
 * disk a new database alone takes a fifth of a second. TMPDIR overrides the place.
 */
export function keepFilesInMemory() {
  if (process.env.TMPDIR === undefined && hasRoom()) process.env.TMPDIR = IN_MEMORY;
}

function hasRoom() {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ENOUGH && freemem() >= 2 * ENOUGH;
  } catch {
    return false;
  }
}
