import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../domain/errors.js';
import { KeptLines, LinesDigest, UnreadableLine, type KeptRow } from '../sessions/trash/kept-session.js';
import type { ImportedSession } from '../sessions/session-import.js';
import { digestIn, headOf } from './trash-entry.js';

/** Lines that are read before yielding to the event loop. */
const READ_AT_ONCE = 200;

/**
 * The sessions of an entry.
 * @param lines all lines of the entry, including head and end.
 * @throws {DomainError} `trash_entry_damaged`; and what the lines throw.
 */
export async function sessionsIn(lines: AsyncIterable<string>): Promise<readonly ImportedSession[]> {
  const kept = new KeptLines();
  const digest = new LinesDigest();
  let named: string | undefined;
  let count = 0;
  try {
    for await (const line of lines) {
      if (count++ % READ_AT_ONCE === 0) await nextTurn();
      if (count === 1 && headOf(line) !== undefined) continue;
      named = digestIn(line);
      if (named !== undefined) break;
      digest.add(line);
      kept.add(line);
    }
  } catch (error) {
    if (error instanceof UnreadableLine) throw new DomainError('trash_entry_damaged');
    throw error;
  }
  if (named !== digest.name()) throw new DomainError('trash_entry_damaged');
  return kept.sessions();
}

/** Columns that say whether the model still sees a message; a compaction in place or a rewind changes only these. */
const OF_USE: ReadonlySet<string> = new Set(['active', 'compacted']);

/**
 * Whether the stored messages begin with the kept ones, in all columns of the kept ones. An agent may have continued or compacted the
 * session, and Hermes may have added columns.
 */
export function holdsAll(there: readonly KeptRow[] | undefined, kept: readonly KeptRow[]): boolean {
  if (there === undefined) return false;
  return kept.every((message, at) =>
    Object.entries(message).every(
      ([column, value]) => OF_USE.has(column) || isDeepStrictEqual(there[at]?.[column], value),
    ),
  );
}
