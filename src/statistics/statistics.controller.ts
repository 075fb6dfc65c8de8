import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { epochSeconds } from '../domain/instant.js';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { UsualScope } from '../auth/scopes.js';
import { GuardedApiErrors, STORE_ERRORS } from '../http/api-errors.decorator.js';
import { SessionStatisticsQuery } from './session-statistics.query.js';
import { SessionStatisticsResponse } from './session-statistics.response.js';
import { StatisticsService } from './statistics.service.js';

/** `/v1/sessions/stats`: statistics of a history. */
@ApiTags('Sessions')
@ApiBearerAuth()
@Controller('v1/sessions/stats')
@UsualScope('sessions:read')
export class StatisticsController {
  constructor(private readonly statistics: StatisticsService) {}

  @Get()
  @ApiOperation({
    operationId: 'getSessionStatistics',
    summary: 'Count sessions, messages, tokens and cost',
    description:
      'Totals overall, by platform, by model, and by the day on which sessions started. Archived sessions are counted.',
  })
  @ApiOkResponse({ type: SessionStatisticsResponse, description: 'The statistics.' })
  @GuardedApiErrors('invalid_parameter', ...STORE_ERRORS)
  get(
    @Query() query: SessionStatisticsQuery,
    @Caller() caller: Principal,
  ): Promise<SessionStatisticsResponse> {
    return this.statistics.get(query, caller, epochSeconds());
  }
}
