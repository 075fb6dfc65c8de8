import type { EntityManager } from 'typeorm';
import type { SessionStatistics, StatisticsRequest } from '../../../sessions/session-statistics.js';
import { groupsQuery, largestQuery, sumsOf } from '../../read-model/session-statistics.js';
import { readRows } from '../connection/named-query.js';
import { HISTORIES, POSTGRES } from '../schema/postgres-dialect.js';

/** Counts the sessions that a request selects. */
export async function countSessions(
  manager: EntityManager,
  request: StatisticsRequest,
): Promise<SessionStatistics> {
  return {
    ...sumsOf(await readRows(manager, groupsQuery(request, POSTGRES))),
    largest: await readRows(manager, largestQuery(request, { dialect: POSTGRES, history: HISTORIES })),
    unavailableProfiles: [],
  };
}
