import type { Readable } from 'node:stream';
import {
  applyDecorators,
  Controller,
  Get,
  Header,
  Headers,
  Param,
  Query,
  StreamableFile,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { Caller } from '../auth/caller.decorator.js';
import type { Principal } from '../auth/principal.js';
import { UsualScope } from '../auth/scopes.js';
import { GuardedApiErrors, SESSION_ERRORS, STORE_ERRORS } from '../http/api-errors.decorator.js';
import { EndlessAnswer } from '../http/endless-answer.decorator.js';
import { SessionAddressQuery } from '../sessions/dto/session-address.query.js';
import { SESSION_ID } from '../sessions/dto/session-id.js';
import { EventListQuery } from './event-list.query.js';
import { EventsService } from './events.service.js';
import { SessionEventResponse } from './session-event.response.js';

/** The parts that both streams share. */
function EventStreamAnswer(): MethodDecorator {
  return applyDecorators(
    EndlessAnswer(),
    // Otherwise nginx holds events back until a buffer is full.
    Header('X-Accel-Buffering', 'no'),
    // The connection is not reused for other requests, so that it ends with the stream.
    Header('Connection', 'close'),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description:
        'The `id` of the last event received: what happened since is sent first, or `resync` if that is not known.',
    }),
    ApiOkResponse({
      description:
        'An endless stream of Server-Sent Events: `id`, `event` and `data`, which is a SessionEventResponse. A listener that reads too slowly is disconnected.',
      content: {
        'text/event-stream': {
          schema: {
            type: 'string',
            // JSON Schema's keyword for the content of each `data` line; the decorator's types are those of OpenAPI 3.0.
            // eslint-disable-next-line no-restricted-syntax
            ...{ contentSchema: { $ref: getSchemaPath(SessionEventResponse) } },
          },
        },
      },
    }),
  );
}

/** Live events. */
@ApiTags('Events')
@ApiBearerAuth()
@ApiExtraModels(SessionEventResponse)
@Controller('v1/sessions')
@UsualScope('sessions:read')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Get('events')
  @EventStreamAnswer()
  @ApiOperation({
    operationId: 'listenToSessions',
    summary: 'Stream events as they happen',
    description:
      'An endless stream of Server-Sent Events. "Try it out" shows nothing until it is cancelled; use `curl -N -H "Authorization: Bearer $KEY" "$URL/v1/sessions/events"`. Events are session.created, session.updated (`changed` names the fields), session.deleted, message.created, and a heartbeat every 15 seconds. The filters are those of the list; a session that leaves a filtered list because it changed is reported as well. After `resync`, read again what you show.',
  })
  @GuardedApiErrors('invalid_parameter', ...STORE_ERRORS)
  async all(
    @Query() query: EventListQuery,
    @Caller() caller: Principal,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Promise<StreamableFile> {
    return toAnswer(await this.events.all(query, caller, lastEventId));
  }

  @Get(':session_id/events')
  @EventStreamAnswer()
  @ApiOperation({
    operationId: 'listenToSession',
    summary: 'Stream the events of one session',
    description:
      'The events of one session, including its messages. An endless stream of Server-Sent Events: use `curl -N`.',
  })
  @ApiParam(SESSION_ID)
  @GuardedApiErrors('invalid_parameter', ...SESSION_ERRORS, ...STORE_ERRORS)
  async one(
    @Param('session_id') id: string,
    @Query() query: SessionAddressQuery,
    @Caller() caller: Principal,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Promise<StreamableFile> {
    return toAnswer(await this.events.one(id, query, caller, lastEventId));
  }
}

function toAnswer(stream: Readable): StreamableFile {
  return new StreamableFile(stream, { type: 'text/event-stream; charset=utf-8' });
}
