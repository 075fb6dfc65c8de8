import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Session } from '../domain/session.js';
import type { SelectionRequest, SessionPageRequest } from './session-query.js';
import type { SessionReader } from './session-reader.js';

/** A batch of the sessions that a filter selects. */
export interface SelectedSessions {
  readonly sessions: readonly Session[];
  /** The total number of selected sessions. */
  readonly total: number;
}

/**
 * Everything that a filter selects, by start, oldest first: a session that an agent continues meanwhile keeps its position. A search runs
 * only once, however many sessions it finds. Without a search, sessions that start meanwhile come at the end.
 * @param atOnce sessions per batch.
 * @throws {DomainError} `search_timeout`, `search_busy`
 */
export async function* selectedSessions(
  reader: SessionReader,
  request: SelectionRequest,
  atOnce: number,
): AsyncGenerator<SelectedSessions> {
  if (request.filter.search !== undefined) {
    yield* reader.found({ ...request, sort: 'started_at', limit: atOnce });
    return;
  }
  let start: SessionPageRequest['start'] = { offset: 0 };
  for (;;) {
    const page = await reader.list({ ...request, sort: 'started_at', limit: atOnce, start });
    yield { sessions: page.entries.map(({ session }) => session), total: page.total };
    if (page.next === null) return;
    // A local file answers without waiting, which would block the event loop until the last page.
    await nextTurn();
    start = { after: page.next };
  }
}
