import { Injectable } from '@nestjs/common';
import { epochSeconds } from '../../domain/instant.js';
import type { Principal } from '../../auth/principal.js';
import { SessionReader } from '../../sessions/session-reader.js';
import {
  roundedCost,
  TallyCount,
  type SessionStatistics,
  type Tally,
} from '../../sessions/session-statistics.js';
import { numberIn, textIn, type LenientQuery } from '../lenient-query.js';
import { ProfileScope } from '../profile-scope.js';
import type { DashboardObject } from './dashboard.presenter.js';

const DAYS = { usual: 30, most: 365 } as const;

/** Uses of skills and tools are not counted here, but clients expect these fields. */
const UNCOUNTED: DashboardObject = {
  skills: {
    summary: {
      total_skill_loads: 0,
      total_skill_edits: 0,
      total_skill_actions: 0,
      distinct_skills_used: 0,
    },
    top_skills: [],
  },
  tools: [],
};

/** Usage of the sessions of the last days, in the dashboard's format. */
@Injectable()
export class UsageAnalytics {
  constructor(
    private readonly reader: SessionReader,
    private readonly scope: ProfileScope,
  ) {}

  /** By day of the session's start, and by model. */
  async usage(query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const days = daysIn(query);
    const { total, byDay, byModel } = await this.#count(days, query, caller);
    return {
      daily: [...byDay]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([day, tally]) => ({
          day,
          ...tokensOf(tally),
          ...costOf(tally),
          sessions: tally.sessions,
          api_calls: tally.apiCalls ?? 0,
        })),
      by_model: mostFirst(byModel).map(([model, tally]) => ({
        model,
        input_tokens: tally.inputTokens ?? 0,
        output_tokens: tally.outputTokens ?? 0,
        estimated_cost: costOf(tally).estimated_cost,
        sessions: tally.sessions,
        api_calls: tally.apiCalls ?? 0,
      })),
      totals: totalsOf(total),
      period_days: days,
      ...UNCOUNTED,
    };
  }

  /** By model. Providers and capabilities of models are unknown here. */
  async models(query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const days = daysIn(query);
    const models = mostFirst((await this.#count(days, query, caller)).byModel);
    const total = new TallyCount();
    for (const [, tally] of models) total.add(tally);
    return {
      models: models.map(([model, tally]) => ({
        model,
        provider: '',
        ...tokensOf(tally),
        ...costOf(tally),
        sessions: tally.sessions,
        api_calls: tally.apiCalls ?? 0,
        tool_calls: tally.toolCalls ?? 0,
        last_used_at: null,
        avg_tokens_per_session: tokensIn(tally) / tally.sessions,
        capabilities: {},
      })),
      totals: { distinct_models: models.length, ...totalsOf(total) },
      period_days: days,
    };
  }

  async #count(days: number, query: LenientQuery, caller: Principal): Promise<SessionStatistics> {
    const access = await this.scope.inDashboard(caller.access, textIn(query, 'profile'));
    const now = epochSeconds();
    return this.reader.statistics({ access, since: now - days * 86_400, timeZone: 'utc', activeSince: now });
  }
}

function daysIn(query: LenientQuery): number {
  return Math.max(1, numberIn(query, 'days', DAYS.usual, DAYS.most));
}

/** Models with a name, by descending usage. */
function mostFirst(byModel: ReadonlyMap<string | null, Tally>): readonly (readonly [string, Tally])[] {
  return [...byModel]
    .flatMap(([model, tally]) => (model === null || model === '' ? [] : [[model, tally] as const]))
    .sort(([a, x], [b, y]) => tokensIn(y) - tokensIn(x) || (a < b ? -1 : 1));
}

function tokensIn({ inputTokens, outputTokens }: Tally): number {
  return (inputTokens ?? 0) + (outputTokens ?? 0);
}

function tokensOf(tally: Tally): DashboardObject {
  return {
    input_tokens: tally.inputTokens ?? 0,
    output_tokens: tally.outputTokens ?? 0,
    cache_read_tokens: tally.cacheReadTokens ?? 0,
    reasoning_tokens: tally.reasoningTokens ?? 0,
  };
}

function costOf({ estimatedCost, actualCost }: Tally): {
  readonly estimated_cost: number;
  readonly actual_cost: number;
} {
  return { estimated_cost: roundedCost(estimatedCost ?? 0), actual_cost: roundedCost(actualCost ?? 0) };
}

function totalsOf(tally: Tally): DashboardObject {
  const { estimated_cost: estimated, actual_cost: actual } = costOf(tally);
  return {
    total_input: tally.inputTokens ?? 0,
    total_output: tally.outputTokens ?? 0,
    total_cache_read: tally.cacheReadTokens ?? 0,
    total_reasoning: tally.reasoningTokens ?? 0,
    total_estimated_cost: estimated,
    total_actual_cost: actual,
    total_sessions: tally.sessions,
    total_api_calls: tally.apiCalls ?? 0,
  };
}
