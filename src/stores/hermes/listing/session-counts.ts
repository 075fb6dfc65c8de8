import type { Database } from 'better-sqlite3';
import { DayCalendar } from '../../../sessions/day-calendar.js';
import type { SessionStatistics, StatisticsRequest } from '../../../sessions/session-statistics.js';
import { activeQuery, largestQuery, sumsOf } from '../../read-model/session-statistics.js';
import type { IndexView } from '../index/session-index.js';
import { DAY_FUNCTION, historyScope, SQLITE } from '../index/sqlite-dialect.js';
import type { Steps } from '../index/reading-in-steps.js';
import { KeptGroups } from './kept-groups.js';

/** Counts the sessions of a profile. */
export class SessionCounts {
  readonly #groups = new KeptGroups();
  /** The connection on which our function for days is defined. */
  #taught: Database | undefined;

  constructor(private readonly profile: string) {}

  /** Computes statistics. The index must be equal to all rows of the file. */
  *of(view: IndexView, request: StatisticsRequest): Steps<SessionStatistics> {
    const { reader } = view;
    if (reader.db !== this.#taught) giveDays(reader.db);
    this.#taught = reader.db;
    const groups = yield* this.#groups.of(view, request);
    return {
      ...sumsOf(groups),
      activeSessions: reader.rowsOf(activeQuery(request, SQLITE))[0]?.active ?? 0,
      largest: reader.rowsOf(largestQuery(request, { dialect: SQLITE, history: historyScope(this.profile) })),
      unavailableProfiles: [],
    };
  }
}

function giveDays(db: Database): void {
  const calendars = new Map<unknown, DayCalendar>();
  db.function(DAY_FUNCTION, { deterministic: true }, (time: unknown, timeZone: unknown) => {
    if (typeof time !== 'number') return null;
    let calendar = calendars.get(timeZone);
    if (calendar === undefined) calendars.set(timeZone, (calendar = new DayCalendar(String(timeZone))));
    return calendar.dayOf(time);
  });
}
