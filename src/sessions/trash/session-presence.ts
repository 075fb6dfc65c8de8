import { DomainError } from '../../domain/errors.js';
import type { TakenEntry } from './kept-session.js';
import { accessWithin, FULL_ACCESS, type HistorySelection } from '../../domain/access.js';
import { UNFINISHED } from '../session-import.js';
import type { SessionReader } from '../session-reader.js';

/** Whether a session is in a history; `unknown` if the history cannot be read. */
export type Presence = 'there' | 'gone' | 'unknown';

/**
 * Looks up a session that was to be deleted, whoever owns it. If `startedAt` is given, a session with the same id but another start is a
 * different one. Never throws.
 */
export async function presenceOf(
  reader: Pick<SessionReader, 'get'>,
  { id, startedAt }: Pick<TakenEntry, 'id'> & Partial<Pick<TakenEntry, 'startedAt'>>,
  history: HistorySelection,
): Promise<Presence> {
  try {
    const there = await reader.get(id, accessWithin(FULL_ACCESS, history));
    // A session that is still being restored does not count as present.
    const isSame = startedAt === undefined || there.startedAt === startedAt;
    return isSame && there.endReason !== UNFINISHED ? 'there' : 'gone';
  } catch (error) {
    return error instanceof DomainError && error.code === 'session_not_found' ? 'gone' : 'unknown';
  }
}
