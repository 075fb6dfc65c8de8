import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Session } from '../domain/session.js';
import type { SelectionRequest, SessionPageRequest } from './session-query.js';
import type { SessionReader } from './session-reader.js';

/** Some of what a filter selects. */
export interface SelectedSessions {
  readonly sessions: readonly Session[];
  /** How many there are in all. */
  readonly total: number;
}

/**
 * Everything that a filter selects, oldest start first: what an agent goes on with meanwhile keeps its place. A search is made once, however
 * many it finds; without one, what begins meanwhile comes at the end.
 * @param atOnce how many are read in one go.
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
    // A file answers at once, so that nobody else would have a turn before the last page.
    await nextTurn();
    start = { after: page.next };
  }
}
