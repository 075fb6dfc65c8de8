import { Controller, Get, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExcludeEndpoint,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/public.decorator.js';
import { RequiredScope } from '../auth/scopes.js';
import { VERSION } from '../config/version.js';
import { ApiErrors, GuardedApiErrors, STORE_ERRORS } from '../http/api-errors.decorator.js';
import { DetailedHealthResponse, HealthResponse, LiveResponse, ReadyResponse } from './health.response.js';
import { Probe } from '../http/probe.decorator.js';
import { HealthService } from './health.service.js';

/** Probes for operators and orchestrators. */
@ApiTags('Operations')
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('livez')
  @Public()
  @Probe()
  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Whether the process is alive',
    description:
      'Liveness probe: for whatever restarts a process that hangs. Says nothing about the history. Needs no key.',
    security: [],
  })
  @ApiOkResponse({ type: LiveResponse, description: 'The process is alive.' })
  @ApiErrors()
  live(): LiveResponse {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Public()
  @Probe()
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Whether the history is open and its index is built',
    description: 'Readiness probe: for whatever routes requests here, such as a load balancer. Needs no key.',
    security: [],
  })
  @ApiOkResponse({ type: ReadyResponse, description: 'Requests can be answered.' })
  @ApiResponse({
    status: 503,
    type: ReadyResponse,
    description: 'Requests cannot be answered; `reason` says why.',
  })
  @ApiErrors()
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyResponse> {
    const readiness = await this.health.ready();
    void reply.status(readiness.status === 'ready' ? 200 : 503);
    return readiness;
  }

  @Get('health')
  @Public()
  @Probe()
  @ApiOperation({
    operationId: 'getHealth',
    summary: 'Whether the process is alive, and its version',
    description: "The same answer as from Hermes's own servers. Needs no key.",
    security: [],
  })
  @ApiOkResponse({ type: HealthResponse, description: 'Status and version.' })
  @ApiErrors()
  version(): HealthResponse {
    return { status: 'ok', platform: 'hermes-agent', version: VERSION };
  }

  /** The same at the paths that clients of Hermes use. */
  @Get(['v1/health', 'p/:profile/health', 'p/:profile/v1/health'])
  @Public()
  @Probe()
  @ApiExcludeEndpoint()
  versionForHermes(): HealthResponse {
    return this.version();
  }

  @Get('health/detailed')
  @RequiredScope('metrics')
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'getDetailedHealth',
    summary: 'What is served: versions, sizes, index',
    description: 'Needs a key with the scope `metrics` that is not limited to a part of the history.',
  })
  @ApiOkResponse({ type: DetailedHealthResponse, description: 'Status of the process and its store.' })
  @GuardedApiErrors(...STORE_ERRORS)
  detailed(): Promise<DetailedHealthResponse> {
    return this.health.detailed();
  }
}
