import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { UsualScope } from '../auth/scopes.js';
import { GuardedApiErrors, STORE_ERRORS } from '../http/api-errors.decorator.js';
import { ProfileListResponse } from './profile-list.response.js';
import { ProfilesService } from './profiles.service.js';

/** `/v1/profiles`: the histories that are served together. */
@ApiTags('Profiles')
@ApiBearerAuth()
@Controller('v1/profiles')
@UsualScope('sessions:read')
export class ProfilesController {
  constructor(private readonly profiles: ProfilesService) {}

  @Get()
  @ApiOperation({
    operationId: 'listProfiles',
    summary: 'The profiles of Hermes that are served',
    description:
      'Each profile has its own history. If one cannot be read, the others are still served; `reason` says what is wrong.',
  })
  @ApiOkResponse({ type: ProfileListResponse, description: 'All profiles, the default one first.' })
  @GuardedApiErrors(...STORE_ERRORS)
  list(@Caller() caller: Principal): Promise<ProfileListResponse> {
    return this.profiles.list(caller);
  }
}
