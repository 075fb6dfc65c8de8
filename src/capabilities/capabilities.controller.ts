import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { GuardedApiErrors, STORE_ERRORS } from '../http/api-errors.decorator.js';
import { CapabilitiesResponse } from './capabilities.response.js';
import { CapabilitiesService } from './capabilities.service.js';

/** `/v1/capabilities`: the features that a client can use. */
@ApiTags('Capabilities')
@ApiBearerAuth()
@Controller(['v1/capabilities', 'p/:profile/v1/capabilities'])
export class CapabilitiesController {
  constructor(private readonly capabilities: CapabilitiesService) {}

  @Get()
  @ApiOperation({
    operationId: 'getCapabilities',
    summary: 'What this server can do now',
    description:
      'Which features work on this history, and the path of each endpoint, whether it works or not. `auth.scopes` lists what this key may do. Features of the Hermes API server behind this one are listed as well.',
  })
  @ApiOkResponse({ type: CapabilitiesResponse, description: 'Flags and endpoints.' })
  @GuardedApiErrors(...STORE_ERRORS)
  describe(@Caller() caller: Principal): Promise<CapabilitiesResponse> {
    return this.capabilities.describe(caller);
  }
}
