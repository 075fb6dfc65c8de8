import { DomainError } from '../domain/errors.js';
import type { TakenEntry } from './kept-session.js';
import { accessWithin, FULL_ACCESS, type HistorySelection } from './session-access.js';
import { UNFINISHED } from './session-import.js';
import type { SessionReader } from './session-reader.js';

/** Whether a session is in a history, as far as the history can be asked. */
export type Presence = 'there' | 'gone' | 'unknown';

/**
 * Asks a history for a session that was to be deleted, whosever it is. One with the same id that began at another moment is another one, where it
 * is said when it began. Never throws: what cannot be asked says nothing about the session.
 */
export async function presenceOf(
  reader: Pick<SessionReader, 'get'>,
  { id, startedAt }: Pick<TakenEntry, 'id'> & Partial<Pick<TakenEntry, 'startedAt'>>,
  history: HistorySelection,
): Promise<Presence> {
  try {
    const there = await reader.get(id, accessWithin(FULL_ACCESS, history));
    // What is only being put back is not there yet.
    const isSame = startedAt === undefined || there.startedAt === startedAt;
    return isSame && there.endReason !== UNFINISHED ? 'there' : 'gone';
  } catch (error) {
    return error instanceof DomainError && error.code === 'session_not_found' ? 'gone' : 'unknown';
  }
}
