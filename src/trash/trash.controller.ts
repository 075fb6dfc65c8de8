import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { RequiredScope, UsualScope } from '../auth/scopes.js';
import { BODY_ERRORS, GuardedApiErrors, STORE_ERRORS, TRASH_ERRORS } from '../http/api-errors.decorator.js';
import { EmptiedTrashResponse, PurgedEntryResponse } from './dto/purged-entry.response.js';
import { RestoredEntryResponse } from './dto/restored-entry.response.js';
import { TrashAddressQuery } from './dto/trash-address.query.js';
import { TrashListQuery } from './dto/trash-list.query.js';
import { TrashEntryResponse, TrashListResponse } from './dto/trash-list.response.js';
import { TrashService } from './trash.service.js';

const TRASH_ID = {
  name: 'trash_id',
  description: 'Id in the trash.',
  example: '5c1f0e7a9b3d4f6280a1c2e3d4b5f607',
};

/** `/v1/trash`: what was deleted with `trash=true`, until it expires. */
@ApiTags('Trash')
@ApiBearerAuth()
@Controller('v1/trash')
@UsualScope('sessions:read')
export class TrashController {
  constructor(private readonly trash: TrashService) {}

  @Get()
  @ApiOperation({
    operationId: 'listTrash',
    summary: 'List what can be restored',
    description: 'Last deleted first. A key sees what it could see before the deletion.',
  })
  @ApiOkResponse({ type: TrashListResponse, description: 'One page of the trash.' })
  @GuardedApiErrors('invalid_parameter', ...TRASH_ERRORS, ...STORE_ERRORS)
  list(@Query() query: TrashListQuery, @Caller() caller: Principal): Promise<TrashListResponse> {
    return this.trash.list(query, caller);
  }

  @Get(':trash_id')
  @ApiOperation({
    operationId: 'getTrashEntry',
    summary: 'Read one conversation in the trash',
    description:
      'What was deleted, which sessions were deleted with it, and when it will be removed for good.',
  })
  @ApiParam(TRASH_ID)
  @ApiOkResponse({ type: TrashEntryResponse, description: 'The conversation, and when it will be removed.' })
  @GuardedApiErrors('invalid_parameter', 'trash_entry_not_found', ...TRASH_ERRORS, ...STORE_ERRORS)
  get(
    @Param('trash_id') id: string,
    @Query() query: TrashAddressQuery,
    @Caller() caller: Principal,
  ): Promise<TrashEntryResponse> {
    return this.trash.get(id, query, caller);
  }

  @Post(':trash_id/restore')
  @HttpCode(200)
  @RequiredScope('sessions:write')
  @ApiOperation({
    operationId: 'restoreTrashEntry',
    summary: 'Restore a conversation',
    description:
      'Restores it to its profile by the rules of an import: nothing that exists is overwritten. Its messages get new ids. Sessions that lost it as their parent stay roots.',
  })
  @ApiParam(TRASH_ID)
  @ApiOkResponse({ type: RestoredEntryResponse, description: 'What was restored.' })
  @GuardedApiErrors(
    'invalid_parameter',
    'trash_entry_not_found',
    ...TRASH_ERRORS,
    'trash_entry_damaged',
    'session_exists',
    'session_busy',
    'title_in_use',
    'refused_by_history',
    ...BODY_ERRORS,
    ...STORE_ERRORS,
    'tokenizer_unavailable',
  )
  restore(
    @Param('trash_id') id: string,
    @Query() query: TrashAddressQuery,
    @Caller() caller: Principal,
  ): Promise<RestoredEntryResponse> {
    return this.trash.restore(id, query, caller);
  }

  @Delete(':trash_id')
  @RequiredScope('sessions:delete')
  @ApiOperation({
    operationId: 'purgeTrashEntry',
    summary: 'Delete a conversation for good',
    description:
      'Including all sessions that were deleted with it. This cannot be undone. An entry that is being restored is not deleted.',
  })
  @ApiParam(TRASH_ID)
  @ApiOkResponse({ type: PurgedEntryResponse, description: 'It is deleted for good.' })
  @GuardedApiErrors(
    'invalid_parameter',
    'trash_entry_not_found',
    'session_busy',
    ...TRASH_ERRORS,
    ...BODY_ERRORS,
    ...STORE_ERRORS,
  )
  purge(
    @Param('trash_id') id: string,
    @Query() query: TrashAddressQuery,
    @Caller() caller: Principal,
  ): Promise<PurgedEntryResponse> {
    return this.trash.purge(id, query, caller);
  }

  @Post('empty')
  @HttpCode(200)
  @RequiredScope('sessions:delete')
  @ApiOperation({
    operationId: 'emptyTrash',
    summary: 'Delete everything in the trash for good',
    description:
      'Deletes everything in the trash that this key may see, except what is being restored. This cannot be undone.',
  })
  @ApiOkResponse({ type: EmptiedTrashResponse, description: 'How much was deleted.' })
  @GuardedApiErrors('invalid_parameter', ...TRASH_ERRORS, ...BODY_ERRORS, ...STORE_ERRORS)
  empty(@Query() query: TrashAddressQuery, @Caller() caller: Principal): Promise<EmptiedTrashResponse> {
    return this.trash.empty(query, caller);
  }
}
