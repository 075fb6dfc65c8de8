import type { Database } from 'better-sqlite3';
import { DayCalendar } from '../../../sessions/day-calendar.js';
import type { SessionStatistics, StatisticsRequest } from '../../../sessions/session-statistics.js';
import { activeQuery, largestQuery, sumsOf } from '../../read-model/session-statistics.js';
import type { IndexView } from '../index/session-index.js';
import { DAY_FUNCTION, historyScope, SQLITE } from '../index/sqlite-dialect.js';
import { groupsOf } from './kept-groups.js';

/** Counts the sessions of a profile; the index must be equal to all rows of the file. */
export function countSessions(
  view: IndexView,
  request: StatisticsRequest,
  profile: string,
): SessionStatistics {
  const { reader } = view;
  giveDays(reader.db);
  return {
    ...sumsOf(groupsOf(view, request)),
    activeSessions: reader.rowsOf(activeQuery(request, SQLITE))[0]?.active ?? 0,
    largest: reader.rowsOf(largestQuery(request, { dialect: SQLITE, history: historyScope(profile) })),
    unavailableProfiles: [],
  };
}

const WITH_DAYS = new WeakSet<Database>();

function giveDays(db: Database): void {
  if (WITH_DAYS.has(db)) return;
  const calendars = new Map<unknown, DayCalendar>();
  db.function(DAY_FUNCTION, { deterministic: true }, (time: unknown, timeZone: unknown) => {
    if (typeof time !== 'number') return null;
    let calendar = calendars.get(timeZone);
    if (calendar === undefined) calendars.set(timeZone, (calendar = new DayCalendar(String(timeZone))));
    return calendar.dayOf(time);
  });
  WITH_DAYS.add(db);
}
