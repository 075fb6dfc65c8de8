import { Body, Controller, Delete, Get, Headers, Inject, Param, Patch, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { RequiredScope } from '../auth/scopes.js';
import { GuardedApiErrors, STORE_ERRORS } from '../http/api-errors.decorator.js';
import { SESSION_ID } from '../sessions/dto/session-id.js';
import { UpdateSessionBody } from '../sessions/dto/update-session.body.js';
import type { LenientQuery } from './wire.query.js';
import {
  WireDeletedResponse,
  WireMessageListResponse,
  WireSessionEnvelope,
  WireSessionListResponse,
} from './wire.response.js';
import { WireService } from './wire.service.js';

const LIMIT = { name: 'limit', required: false, schema: { type: 'integer', minimum: 1 } } as const;
const OFFSET = {
  name: 'offset',
  required: false,
  schema: { type: 'integer', minimum: 0, default: 0 },
  description: 'Entries to skip.',
} as const;

const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'An `ETag` of this session: nothing happens unless it still is as it was then.',
} as const;

/** `/api/sessions`: the history in the shapes of Hermes's own API server, for clients that were written for it. */
@ApiTags('Hermes clients')
@ApiBearerAuth()
@Controller('api/sessions')
@RequiredScope('sessions:read')
export class WireController {
  constructor(@Inject(WireService) private readonly wire: WireService) {}

  @Get()
  @ApiOperation({
    operationId: 'listHermesSessions',
    summary: "List conversations, in Hermes's shape",
    description: 'As Hermes does, ignores parameters that it does not know or cannot read.',
  })
  @ApiQuery({ ...LIMIT, description: 'Entries per page, 50 by default, at most 200.' })
  @ApiQuery(OFFSET)
  @ApiQuery({
    name: 'source',
    required: false,
    schema: { type: 'string' },
    description: 'Only this platform.',
  })
  @ApiQuery({
    name: 'include_children',
    required: false,
    schema: { type: 'boolean', default: false },
    description: 'Every session row by itself.',
  })
  @ApiOkResponse({ type: WireSessionListResponse, description: 'One page, newest activity first.' })
  @GuardedApiErrors('ambiguous_session', ...STORE_ERRORS)
  list(@Query() query: LenientQuery, @Caller() caller: Principal): Promise<WireSessionListResponse> {
    return this.wire.list(query, caller);
  }

  @Get(':session_id')
  @ApiOperation({ operationId: 'getHermesSession', summary: "One session, in Hermes's shape" })
  @ApiParam(SESSION_ID)
  @ApiOkResponse({ type: WireSessionEnvelope, description: 'The session.' })
  @GuardedApiErrors('session_not_found', 'ambiguous_session', ...STORE_ERRORS)
  get(
    @Param('session_id') id: string,
    @Query() _query: LenientQuery,
    @Caller() caller: Principal,
  ): Promise<WireSessionEnvelope> {
    return this.wire.get(id, caller);
  }

  @Get(':session_id/messages')
  @ApiOperation({
    operationId: 'listHermesMessages',
    summary: "Read a transcript, in Hermes's shape",
    description: 'Of the session in which the conversation lives on, in the order in which it was written.',
  })
  @ApiParam(SESSION_ID)
  @ApiQuery({ ...LIMIT, description: 'Messages, 500 by default and at most.' })
  @ApiQuery(OFFSET)
  @ApiQuery({
    name: 'order',
    required: false,
    schema: { type: 'string', default: 'latest' },
    description: 'latest or oldest: from which end offset and limit count.',
  })
  @ApiOkResponse({ type: WireMessageListResponse, description: 'Part of the transcript.' })
  @GuardedApiErrors('session_not_found', 'ambiguous_session', ...STORE_ERRORS)
  messages(
    @Param('session_id') id: string,
    @Query() query: LenientQuery,
    @Caller() caller: Principal,
  ): Promise<WireMessageListResponse> {
    return this.wire.messages(id, query, caller);
  }

  @Patch(':session_id')
  @RequiredScope('sessions:write')
  @ApiOperation({ operationId: 'updateHermesSession', summary: "Rename, archive or pin, in Hermes's shape" })
  @ApiHeader(IF_MATCH)
  @ApiParam(SESSION_ID)
  @ApiOkResponse({ type: WireSessionEnvelope, description: 'The session as it is now.' })
  @GuardedApiErrors(
    'invalid_parameter',
    'invalid_body',
    'empty_update',
    'invalid_title',
    'session_not_found',
    'ambiguous_session',
    'title_in_use',
    'unsupported_by_store',
    'refused_by_history',
    'precondition_failed',
    'payload_too_large',
    'unsupported_media_type',
    ...STORE_ERRORS,
  )
  update(
    @Param('session_id') id: string,
    @Body() body: UpdateSessionBody,
    @Query() _query: LenientQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ): Promise<WireSessionEnvelope> {
    return this.wire.update(id, body, ifMatch, caller);
  }

  @Delete(':session_id')
  @RequiredScope('sessions:delete')
  @ApiOperation({ operationId: 'deleteHermesSession', summary: "Delete a session, in Hermes's shape" })
  @ApiHeader(IF_MATCH)
  @ApiParam(SESSION_ID)
  @ApiOkResponse({ type: WireDeletedResponse, description: 'It is deleted.' })
  @GuardedApiErrors(
    'session_not_found',
    'ambiguous_session',
    'session_busy',
    'refused_by_history',
    'precondition_failed',
    'invalid_body',
    'payload_too_large',
    'unsupported_media_type',
    ...STORE_ERRORS,
    'tokenizer_unavailable',
  )
  delete(
    @Param('session_id') id: string,
    @Query() _query: LenientQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ): Promise<WireDeletedResponse> {
    return this.wire.delete(id, ifMatch, caller);
  }
}
