import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { criteriaOf } from '../sessions/session-filter.js';
import { roundedCost, type SessionStatistics, type Tally } from '../sessions/session-statistics.js';
import { toUsageResponse } from '../sessions/session-presenter.js';
import { SessionReader } from '../sessions/session-reader.js';
import type { SessionStatisticsQuery } from './session-statistics.query.js';
import type { SessionStatisticsResponse, TallyResponse } from './session-statistics.response.js';

/** How long an open session counts as active after its newest activity, in seconds. */
const ACTIVE_WINDOW = 300;

/** Statistics of a history in the form of the API. */
@Injectable()
export class StatisticsService {
  constructor(private readonly reader: SessionReader) {}

  /** @param now epoch seconds. */
  async get(
    query: SessionStatisticsQuery,
    { access }: Principal,
    now: number,
  ): Promise<SessionStatisticsResponse> {
    const statistics = await this.reader.statistics({
      ...criteriaOf(query, access),
      // Stores cache by this name, which can be spelled in millions of ways.
      timeZone: query.time_zone.toLowerCase(),
      activeSince: now - ACTIVE_WINDOW,
    });
    return toResponse(statistics, query.time_zone);
  }
}

function toResponse(statistics: SessionStatistics, timeZone: string): SessionStatisticsResponse {
  const { byPlatform, byModel, byDay, unavailableProfiles } = statistics;
  return {
    object: 'hermes.session.stats',
    ...toTally(statistics.total),
    open_sessions: statistics.openSessions,
    active_sessions: statistics.activeSessions,
    time_zone: timeZone,
    by_platform: mostFirst(byPlatform).map(([platform, tally]) => ({ platform, ...toTally(tally) })),
    by_model: mostFirst(byModel).map(([model, tally]) => ({ model, ...toTally(tally) })),
    by_day: [...byDay]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([day, tally]) => ({ day, ...toTally(tally) })),
    largest: statistics.largest,
    ...(unavailableProfiles.length === 0 ? {} : { unavailable_profiles: unavailableProfiles }),
  };
}

function toTally({ sessions, conversations, messages, cost, ...usage }: Tally): TallyResponse {
  const [estimatedCost, actualCost] = [roundedCost(usage.estimatedCost), roundedCost(usage.actualCost)];
  return {
    sessions,
    conversations,
    messages,
    usage: toUsageResponse({ ...usage, estimatedCost, actualCost }),
    cost_usd: roundedCost(cost),
  };
}

function mostFirst<K extends string | null>(
  tallies: ReadonlyMap<K, Tally>,
): readonly (readonly [K, Tally])[] {
  return [...tallies].sort(([a, x], [b, y]) => y.sessions - x.sessions || ((a ?? '') < (b ?? '') ? -1 : 1));
}
