import type { EntityManager } from 'typeorm';
import type { SessionStatistics, StatisticsRequest } from '../../../sessions/session-statistics.js';
import { DomainError } from '../../../domain/errors.js';
import { activeQuery, largestQuery } from '../../read-model/session-statistics.js';
import { readRows } from '../connection/named-query.js';
import { isMeaningless } from '../connection/postgres-failure.js';
import { dialectFor } from '../schema/known-histories.js';
import { HISTORIES } from '../schema/postgres-dialect.js';
import type { KeptStatistics } from './kept-statistics.js';

/**
 * Counts the sessions that a request selects.
 * @throws {DomainError} `invalid_parameter` if the database does not know the time zone: its time zone data can be older than this
 *   process's.
 */
export async function countSessions(
  manager: EntityManager,
  request: StatisticsRequest,
  kept: KeptStatistics,
): Promise<SessionStatistics> {
  const dialect = await dialectFor(manager, request.access);
  const [{ active } = { active: 0 }] = await readRows(manager, activeQuery(request, dialect));
  return {
    ...(await kept.sums(manager, request, dialect).catch((error: unknown) => {
      throw isMeaningless(error) ? unknownTimeZone(error) : error;
    })),
    activeSessions: active,
    largest: await readRows(manager, largestQuery(request, { dialect, history: HISTORIES })),
    unavailableProfiles: [],
  };
}

function unknownTimeZone(cause: unknown): DomainError {
  const message = 'time_zone must be one that the database knows. Name a larger place of the same time.';
  return new DomainError('invalid_parameter', { param: 'time_zone', message, cause });
}
