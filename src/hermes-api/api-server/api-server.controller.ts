import {
  Body,
  Controller,
  createParamDecorator,
  Delete,
  Get,
  Headers,
  Param,
  Patch,
  Post,
  Query,
  type ExecutionContext,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RequiredScope, UsualScope } from '../../auth/scopes.js';
import { ErrorsIn } from '../../http/error-form.decorator.js';
import { ReadsAnyBodyAsJson } from '../../http/json-body.js';
import { StoreAnswer } from '../../http/store-answer.decorator.js';
import { BODY_ERRORS, CHANGE_ERRORS, SESSION_ERRORS, STORE_ERRORS } from '../../http/api-errors.decorator.js';
import { ApiServerErrors } from './api-server-errors.decorator.js';
import { ApiError } from '../../http/errors.js';
import { SESSION_ID } from '../../sessions/dto/session-id.js';
import type { LenientQuery } from '../lenient-query.js';
import {
  HermesDeletedResponse,
  HermesMessageListResponse,
  HermesSessionEnvelope,
  HermesSessionListResponse,
} from './api-server.response.js';
import { toApiServerError } from './api-server.errors.js';
import { HermesForkBody, HermesNewSessionBody, HermesSessionChangesBody } from './api-server.body.js';
import type { RequestBody } from '../request-body.js';
import { ApiServerService, type ApiServerRequest } from './api-server.service.js';

const LIMIT = { name: 'limit', required: false, schema: { type: 'integer', minimum: 0 } } as const;
const OFFSET = {
  name: 'offset',
  required: false,
  schema: { type: 'integer', minimum: 0, default: 0 },
  description: 'Entries to skip.',
} as const;

const CREATION_ERRORS = [
  'invalid_session_id',
  'invalid_session_field',
  'invalid_title',
  'session_exists',
  'unsupported_by_store',
  'refused_by_history',
  ...BODY_ERRORS,
  ...STORE_ERRORS,
] as const;

/** The caller of a request, and the profiles that it names. */
const From = createParamDecorator((_data: unknown, context: ExecutionContext): ApiServerRequest => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  if (request.principal === undefined) throw new ApiError('invalid_api_key');
  const { profile } = request.params as { readonly profile?: string };
  return { caller: request.principal, profile, besidePath: profilesBesidePath(request) };
});

/** What a change has as `profile` elsewhere than in its path. */
function profilesBesidePath({ method, query, body }: FastifyRequest): readonly unknown[] {
  if (method === 'GET' || method === 'HEAD') return [];
  // A PATCH checks its fields itself, in Hermes's words.
  return (method === 'PATCH' ? [query] : [query, body])
    .flatMap((input) => ((input ?? {}) as { readonly profile?: unknown }).profile)
    .filter((name) => name !== undefined && name !== null && name !== '');
}

const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'An `ETag` of this session: the request is refused (412) if the session has changed since.',
} as const;

/** `/api/sessions`, also below a profile's path: the history in the format of Hermes's own API server. */
@ApiTags('Hermes clients')
@ApiBearerAuth()
@Controller(['api/sessions', 'p/:profile/api/sessions'])
@ErrorsIn(toApiServerError)
@ReadsAnyBodyAsJson()
@UsualScope('sessions:read')
export class ApiServerController {
  constructor(private readonly apiServer: ApiServerService) {}

  @Get()
  @StoreAnswer()
  @ApiOperation({
    operationId: 'listHermesSessions',
    summary: "List conversations, in Hermes's shape",
    description: 'Like Hermes, ignores parameters that it does not know or cannot read.',
  })
  @ApiQuery({
    ...LIMIT,
    description:
      'Entries per page, 50 by default, at most 200. Pinned entries that are not among them are appended.',
  })
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
    description: 'Lists every session row separately.',
  })
  @ApiOkResponse({ type: HermesSessionListResponse, description: 'One page, newest activity first.' })
  @ApiServerErrors('ambiguous_session', ...STORE_ERRORS)
  list(@Query() query: LenientQuery, @From() from: ApiServerRequest): Promise<HermesSessionListResponse> {
    return this.apiServer.list(query, from);
  }

  @Get(':session_id')
  @StoreAnswer()
  @ApiOperation({
    operationId: 'getHermesSession',
    summary: "One session, in Hermes's shape",
    description: 'Everything its row has, with times in epoch seconds as stored.',
  })
  @ApiParam(SESSION_ID)
  @ApiOkResponse({ type: HermesSessionEnvelope, description: 'The session.' })
  @ApiServerErrors(...SESSION_ERRORS, ...STORE_ERRORS)
  get(
    @Param('session_id') id: string,
    @Query() _query: LenientQuery,
    @From() from: ApiServerRequest,
  ): Promise<HermesSessionEnvelope> {
    return this.apiServer.get(id, from);
  }

  @Get(':session_id/messages')
  @StoreAnswer()
  @ApiOperation({
    operationId: 'listHermesMessages',
    summary: "Read a transcript, in Hermes's shape",
    description:
      'The messages the model reads, of the session in which the conversation continues, in the order they were written.',
  })
  @ApiParam(SESSION_ID)
  @ApiQuery({
    ...LIMIT,
    description: 'Messages per page, 500 by default and at most. If sent, counting starts at the oldest.',
  })
  @ApiQuery(OFFSET)
  @ApiQuery({
    name: 'order',
    required: false,
    schema: { type: 'string', enum: ['latest', 'oldest'] },
    description: 'Which end `offset` and `limit` count from: `latest`, unless `limit` is sent.',
  })
  @ApiOkResponse({ type: HermesMessageListResponse, description: 'Part of the transcript.' })
  @ApiServerErrors('invalid_pagination', ...SESSION_ERRORS, ...STORE_ERRORS)
  messages(
    @Param('session_id') id: string,
    @Query() query: LenientQuery,
    @From() from: ApiServerRequest,
  ): Promise<HermesMessageListResponse> {
    return this.apiServer.messages(id, query, from);
  }

  @Post()
  @RequiredScope('sessions:write')
  @ApiOperation({
    operationId: 'createHermesSession',
    summary: "Create a session, in Hermes's shape",
    description: '`id`, `title`, `model`, `system_prompt` and `source` are all optional. No agent is needed.',
  })
  @ApiBody({
    type: HermesNewSessionBody,
    examples: { titled: { summary: 'With a title', value: { title: 'A new one' } } },
  })
  @ApiCreatedResponse({ type: HermesSessionEnvelope, description: 'The session.' })
  @ApiServerErrors(...CREATION_ERRORS)
  create(
    @Body() body: RequestBody | undefined,
    @Query() _query: LenientQuery,
    @From() from: ApiServerRequest,
  ): Promise<HermesSessionEnvelope> {
    return this.apiServer.create(body ?? {}, from);
  }

  @Post(':session_id/fork')
  @RequiredScope('sessions:write')
  @ApiOperation({
    operationId: 'forkHermesSession',
    summary: "Fork a session, in Hermes's shape",
    description:
      'The new session gets a copy of the transcript. The original one ends as `branched`, unless it has already ended. Lists show both.',
  })
  @ApiParam(SESSION_ID)
  @ApiBody({
    type: HermesForkBody,
    examples: { titled: { summary: 'With a title', value: { title: 'Another way' } } },
  })
  @ApiCreatedResponse({ type: HermesSessionEnvelope, description: 'The new session.' })
  @ApiServerErrors(...SESSION_ERRORS, 'session_busy', 'tokenizer_unavailable', ...CREATION_ERRORS)
  fork(
    @Param('session_id') id: string,
    @Body() body: RequestBody | undefined,
    @Query() _query: LenientQuery,
    @From() from: ApiServerRequest,
  ): Promise<HermesSessionEnvelope> {
    return this.apiServer.fork(id, body ?? {}, from);
  }

  @Patch(':session_id')
  @RequiredScope('sessions:write')
  @ApiOperation({
    operationId: 'updateHermesSession',
    summary: "Rename, archive or pin, in Hermes's shape",
    description: 'Fields that Hermes does not allow to be changed are refused.',
  })
  @ApiHeader(IF_MATCH)
  @ApiParam(SESSION_ID)
  @ApiBody({
    type: HermesSessionChangesBody,
    examples: { rename: { summary: 'Rename', value: { title: 'Slow orders query' } } },
  })
  @ApiOkResponse({ type: HermesSessionEnvelope, description: 'The session as it is now.' })
  @ApiServerErrors(
    ...BODY_ERRORS,
    'invalid_title',
    'invalid_session_field',
    'unsupported_session_field',
    ...SESSION_ERRORS,
    ...CHANGE_ERRORS,
    'precondition_failed',
    ...STORE_ERRORS,
  )
  update(
    @Param('session_id') id: string,
    @Body() body: RequestBody | undefined,
    @Query() _query: LenientQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @From() from: ApiServerRequest,
  ): Promise<HermesSessionEnvelope> {
    return this.apiServer.update(id, body ?? {}, ifMatch, from);
  }

  @Delete(':session_id')
  @RequiredScope('sessions:delete')
  @ApiOperation({
    operationId: 'deleteHermesSession',
    summary: "Delete a session, in Hermes's shape",
    description:
      'Deletes as Hermes does: its messages and delegates are deleted too, other children stay. This cannot be undone.',
  })
  @ApiHeader(IF_MATCH)
  // Not the session that the example of /v1 deletes, so that both examples can be tried.
  @ApiParam({ ...SESSION_ID, example: '20260203_184614_5d5154' })
  @ApiOkResponse({ type: HermesDeletedResponse, description: 'The session is deleted.' })
  @ApiServerErrors(
    ...SESSION_ERRORS,
    'unsupported_by_store',
    'refused_by_history',
    'message_too_large',
    'precondition_failed',
    ...BODY_ERRORS,
    ...STORE_ERRORS,
    'tokenizer_unavailable',
  )
  delete(
    @Param('session_id') id: string,
    @Body() _body: RequestBody | undefined,
    @Query() _query: LenientQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @From() from: ApiServerRequest,
  ): Promise<HermesDeletedResponse> {
    return this.apiServer.delete(id, ifMatch, from);
  }
}
