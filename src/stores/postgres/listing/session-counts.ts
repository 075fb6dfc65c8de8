import type { EntityManager } from 'typeorm';
import type { SessionStatistics, StatisticsRequest } from '../../../sessions/session-statistics.js';
import { groupsQuery, largestQuery, sumsOf } from '../../read-model/session-statistics.js';
import { readRows } from '../connection/named-query.js';
import { dialectFor } from '../schema/known-histories.js';
import { HISTORIES } from '../schema/postgres-dialect.js';

/** Counts the sessions that a request selects. */
export async function countSessions(
  manager: EntityManager,
  request: StatisticsRequest,
): Promise<SessionStatistics> {
  const dialect = await dialectFor(manager, request.access);
  return {
    ...sumsOf(await readRows(manager, groupsQuery(request, dialect))),
    largest: await readRows(manager, largestQuery(request, { dialect, history: HISTORIES })),
    unavailableProfiles: [],
  };
}
