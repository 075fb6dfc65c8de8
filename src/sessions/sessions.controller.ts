import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { epochSeconds } from '../domain/instant.js';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { RequiredScope, UsualScope } from '../auth/scopes.js';
import {
  BODY_ERRORS,
  CHANGE_ERRORS,
  GuardedApiErrors,
  SEARCH_ERRORS,
  SESSION_ERRORS,
  STORE_ERRORS,
  TRASH_ERRORS,
} from '../http/api-errors.decorator.js';
import { StoreAnswer } from '../http/store-answer.decorator.js';
import { UntilClosed } from '../http/until-closed.decorator.js';
import { BulkChangesService } from './bulk/bulk-changes.service.js';
import { BULK_EXAMPLES, BulkSessionsBody } from './dto/bulk-sessions.body.js';
import { BulkSessionsResponse } from './dto/bulk-sessions.response.js';
import { DeleteSessionQuery } from './dto/delete-session.query.js';
import { DeletedSessionResponse } from './dto/deleted-session.response.js';
import { MessageListQuery } from './dto/message-list.query.js';
import { MessageListResponse } from './dto/message-list.response.js';
import { PRUNE_EXAMPLES, PruneSessionsBody } from './dto/prune-sessions.body.js';
import { PruneSessionsResponse } from './dto/prune-sessions.response.js';
import { SessionAddressQuery } from './dto/session-address.query.js';
import { SessionChainResponse } from './dto/session-chain.response.js';
import { SessionDetailResponse } from './dto/session-detail.response.js';
import { DELETED_SESSION_ID, SESSION_ID } from './dto/session-id.js';
import { SessionListQuery } from './dto/session-list.query.js';
import { SessionListResponse } from './dto/session-list.response.js';
import { UPDATE_EXAMPLES, UpdateSessionBody } from './dto/update-session.body.js';
import { unchangedSince } from './session-condition.js';
import {
  isWholeList,
  toDeletedSessionResponse,
  toMessageHitListResponse,
  toMessageListResponse,
  toSessionChainResponse,
  toSessionDetailResponse,
  toSessionListResponse,
} from './session-presenter.js';
import { SessionCursors } from './session-cursors.js';
import { SessionsService } from './sessions.service.js';

/** `/v1/sessions`: the history of conversations. */
@ApiTags('Sessions')
@ApiBearerAuth()
@Controller('v1/sessions')
@UsualScope('sessions:read')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly changes: BulkChangesService,
    private readonly cursors: SessionCursors,
  ) {}

  @Get()
  @StoreAnswer(isWholeList)
  @ApiOperation({
    operationId: 'listSessions',
    summary: 'List, filter and search conversations',
    description:
      'One entry per conversation: a compression chain appears once, as the session to resume, and delegates are left out. `hidden` counts what the rules left out.',
  })
  @ApiOkResponse({ type: SessionListResponse, description: 'One page of conversations.' })
  @GuardedApiErrors('invalid_parameter', 'invalid_cursor', ...STORE_ERRORS, ...SEARCH_ERRORS)
  async list(
    @Query() query: SessionListQuery,
    @Caller() caller: Principal,
    @UntilClosed('search') signal: AbortSignal | undefined,
  ): Promise<SessionListResponse> {
    return toSessionListResponse(await this.sessions.list(query, caller, signal), (place) =>
      this.cursors.encode(place, query),
    );
  }

  @Get(':session_id')
  @StoreAnswer()
  @ApiOperation({
    operationId: 'getSession',
    summary: 'Read one session, exactly this row',
    description:
      'With its children, its usage, and the session in which its conversation continues (`tip_session_id`). A compressed conversation consists of several sessions; `chain` lists all of them.',
  })
  @ApiParam(SESSION_ID)
  @ApiOkResponse({ type: SessionDetailResponse, description: 'The session.' })
  @GuardedApiErrors('invalid_parameter', ...SESSION_ERRORS, ...STORE_ERRORS)
  async get(
    @Param('session_id') id: string,
    @Query() query: SessionAddressQuery,
    @Caller() caller: Principal,
  ): Promise<SessionDetailResponse> {
    return toSessionDetailResponse(await this.sessions.get(id, query, caller));
  }

  @Get(':session_id/details')
  @StoreAnswer()
  @ApiOperation({
    operationId: 'getSessionDetails',
    summary: 'Read one session, whatever its id',
    description:
      'Same answer as the path without `/details`. Also works for a session whose id is a reserved word of other paths, such as `stats` or `events`.',
  })
  @ApiParam(SESSION_ID)
  @ApiOkResponse({ type: SessionDetailResponse, description: 'The session.' })
  @GuardedApiErrors('invalid_parameter', ...SESSION_ERRORS, ...STORE_ERRORS)
  details(
    @Param('session_id') id: string,
    @Query() query: SessionAddressQuery,
    @Caller() caller: Principal,
  ): Promise<SessionDetailResponse> {
    return this.get(id, query, caller);
  }

  @Get(':session_id/messages')
  @StoreAnswer()
  @ApiOperation({
    operationId: 'listMessages',
    summary: 'Read a transcript',
    description:
      'In the order the messages were written. To page back from the newest, use `order=desc` and `before`. `around` gives the page that contains one message; `search` gives the messages that match, and their positions.',
  })
  @ApiParam(SESSION_ID)
  @ApiOkResponse({ type: MessageListResponse, description: 'One page of the transcript.' })
  @GuardedApiErrors(
    'invalid_parameter',
    ...SESSION_ERRORS,
    'message_not_found',
    ...STORE_ERRORS,
    ...SEARCH_ERRORS,
  )
  async messages(
    @Param('session_id') id: string,
    @Query() query: MessageListQuery,
    @Caller() caller: Principal,
    @UntilClosed('search') signal: AbortSignal | undefined,
  ): Promise<MessageListResponse> {
    const options = { lineage: query.lineage, includeInactive: query.include_inactive };
    if (query.search !== undefined) {
      const found = await this.sessions.searchMessages(id, query.search, query, caller, signal);
      return toMessageHitListResponse(id, found, options);
    }
    return toMessageListResponse(id, await this.sessions.messages(id, query, caller), options);
  }

  @Get(':session_id/chain')
  @StoreAnswer()
  @ApiOperation({
    operationId: 'getSessionChain',
    summary: 'List all sessions of a conversation',
    description:
      'The compression chain that the session belongs to, oldest session first. Two compressions at the same time leave a second continuation beside the chain. A search finds the conversation by the messages of that session, but only the chain of that session itself contains it; `child_session_ids` of its parent names it.',
  })
  @ApiParam(SESSION_ID)
  @ApiOkResponse({ type: SessionChainResponse, description: 'The sessions of the conversation.' })
  @GuardedApiErrors('invalid_parameter', ...SESSION_ERRORS, ...STORE_ERRORS)
  async chain(
    @Param('session_id') id: string,
    @Query() query: SessionAddressQuery,
    @Caller() caller: Principal,
  ): Promise<SessionChainResponse> {
    return toSessionChainResponse(await this.sessions.chain(id, query, caller));
  }

  @Post('bulk')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'changeSessionsInBulk',
    summary: 'Archive, pin or delete many',
    description:
      'Each session is changed completely or not at all, in transactions short enough that an agent hardly waits. The answer is 200 with an outcome for each id, even if some or all could not be changed. With `filter` instead of `ids`, a dry run (the default) says how many conversations would be changed. A request with the `plan` of that dry run changes 500 of them; its answer has the `plan` to continue with, and the request that undoes the change.',
  })
  @ApiBody({ type: BulkSessionsBody, examples: BULK_EXAMPLES })
  @ApiOkResponse({ type: BulkSessionsResponse, description: 'The outcome for each session.' })
  @GuardedApiErrors(
    'invalid_parameter',
    ...BODY_ERRORS,
    'plan_changed',
    'trash_off',
    ...STORE_ERRORS,
    ...SEARCH_ERRORS,
  )
  bulk(
    @Body() body: BulkSessionsBody,
    @Caller() caller: Principal,
    @UntilClosed() signal: AbortSignal | undefined,
  ): Promise<BulkSessionsResponse> {
    return this.changes.run(body, caller, signal);
  }

  @Post('prune')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'pruneSessions',
    summary: 'Delete or archive what is old',
    description:
      'Works on whole conversations, with their compression chains; all criteria must hold. Unless told otherwise, skips conversations in which a session, or a delegate that would be deleted with it, is pinned or has not ended. A dry run (the default) changes nothing and says what would be deleted or archived, with a `plan`; to do it, send that plan with the same criteria.',
  })
  @ApiBody({ type: PruneSessionsBody, examples: PRUNE_EXAMPLES })
  @ApiOkResponse({ type: PruneSessionsResponse, description: 'What would be, or was, deleted or archived.' })
  @GuardedApiErrors(
    'invalid_parameter',
    ...BODY_ERRORS,
    'empty_selection',
    'plan_changed',
    'unsupported_by_store',
    'trash_off',
    ...STORE_ERRORS,
  )
  prune(@Body() body: PruneSessionsBody, @Caller() caller: Principal): Promise<PruneSessionsResponse> {
    return this.sessions.prune(body, caller, epochSeconds());
  }

  @Patch(':session_id')
  @RequiredScope('sessions:write')
  @ApiOperation({
    operationId: 'updateSession',
    summary: 'Rename, archive or pin',
    description: 'All or nothing. `archived` and `pinned` apply to the whole compression chain.',
  })
  @ApiParam(SESSION_ID)
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'An `ETag` of this session: it is changed only if it has not changed since (else 412).',
  })
  @ApiBody({ type: UpdateSessionBody, examples: UPDATE_EXAMPLES })
  @ApiOkResponse({ type: SessionDetailResponse, description: 'The session as it is now.' })
  @GuardedApiErrors(
    'invalid_parameter',
    ...BODY_ERRORS,
    'empty_update',
    'invalid_title',
    ...SESSION_ERRORS,
    ...CHANGE_ERRORS,
    'title_in_use',
    'precondition_failed',
    ...STORE_ERRORS,
  )
  async update(
    @Param('session_id') id: string,
    @Body() body: UpdateSessionBody,
    @Query() history: SessionAddressQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ): Promise<SessionDetailResponse> {
    const update = { body, history, precondition: unchangedSince(ifMatch) };
    return toSessionDetailResponse(await this.sessions.update(id, update, caller));
  }

  @Delete(':session_id')
  @RequiredScope('sessions:delete')
  @ApiOperation({
    operationId: 'deleteSession',
    summary: 'Delete a session, its messages and its delegates',
    description:
      'Branches and other children stay and become roots. With `trash=true` the session is first written to the trash, from which it can be restored; otherwise this cannot be undone.',
  })
  @ApiParam(DELETED_SESSION_ID)
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'An `ETag` of this session: it is deleted only if it has not changed since (else 412).',
  })
  @ApiOkResponse({ type: DeletedSessionResponse, description: 'What was deleted.' })
  @GuardedApiErrors(
    'invalid_parameter',
    ...SESSION_ERRORS,
    ...CHANGE_ERRORS,
    ...TRASH_ERRORS,
    'trash_too_small',
    'trash_inexact',
    'precondition_failed',
    ...BODY_ERRORS,
    ...STORE_ERRORS,
    'tokenizer_unavailable',
  )
  async delete(
    @Param('session_id') id: string,
    @Query() query: DeleteSessionQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ): Promise<DeletedSessionResponse> {
    const deletion = { query, precondition: unchangedSince(ifMatch) };
    return toDeletedSessionResponse(id, await this.sessions.delete(id, deletion, caller));
  }
}
