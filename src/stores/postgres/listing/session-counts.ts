import type { EntityManager } from 'typeorm';
import type { SessionStatistics, StatisticsRequest } from '../../../sessions/session-statistics.js';
import { activeQuery, largestQuery } from '../../read-model/session-statistics.js';
import { readRows } from '../connection/named-query.js';
import { dialectFor } from '../schema/known-histories.js';
import { HISTORIES } from '../schema/postgres-dialect.js';
import type { KeptStatistics } from './kept-statistics.js';

/** Counts the sessions that a request selects. */
export async function countSessions(
  manager: EntityManager,
  request: StatisticsRequest,
  kept: KeptStatistics,
): Promise<SessionStatistics> {
  const dialect = await dialectFor(manager, request.access);
  const [{ active } = { active: 0 }] = await readRows(manager, activeQuery(request, dialect));
  return {
    ...(await kept.sums(manager, request, dialect)),
    activeSessions: active,
    largest: await readRows(manager, largestQuery(request, { dialect, history: HISTORIES })),
    unavailableProfiles: [],
  };
}
