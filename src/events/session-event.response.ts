import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { MessageResponse } from '../sessions/dto/message.response.js';
import { SessionResponse } from '../sessions/dto/session.response.js';

/** The types of events; `heartbeat` shows that the connection is alive, `resync` that something may have been missed. */
const EVENT_TYPES = [
  'session.created',
  'session.updated',
  'session.deleted',
  'message.created',
  'heartbeat',
  'resync',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** The `data` of an event. */
export class SessionEventResponse {
  @ApiProperty({ enum: ['hermes.session.event'], example: 'hermes.session.event' })
  readonly object!: 'hermes.session.event';

  @ApiProperty({
    enum: EVENT_TYPES,
    description: 'The same as the `event` field.',
    example: 'session.updated',
  })
  readonly type!: EventType;

  @ApiPropertyOptional({ description: 'Profile of the session.', example: 'default' })
  readonly profile?: string;

  @ApiPropertyOptional({
    description: 'Host of the session, if the histories of several hosts are served.',
    example: 'build-01',
  })
  readonly origin?: string;

  @ApiPropertyOptional({
    description:
      'Position of the database, if servers read from standbys. A request that sends it as `Read-Position` sees at least this state on every server.',
    example: '16b374d848',
  })
  readonly read_position?: string;

  @ApiPropertyOptional({ description: 'Session that the event is about.', example: '20260516_185535_f9a54e' })
  readonly session_id?: string;

  @ApiPropertyOptional({
    type: [String],
    description:
      'Fields of the session that changed; with `session.updated`. `title`, `platform` and `user_id` of a conversation also stand for those of its other sessions.',
    example: ['title'],
  })
  readonly changed?: readonly string[];

  @ApiPropertyOptional({
    type: SessionResponse,
    description: 'The session as the list shows it now; with `session.created` and `session.updated`.',
  })
  readonly session?: SessionResponse;

  @ApiPropertyOptional({
    description:
      'Session in which the conversation continues; with `session.deleted`, if the session was only compressed.',
    example: '20260501_160000_b2c3d4e5',
  })
  readonly tip_session_id?: string;

  @ApiPropertyOptional({ type: MessageResponse, description: 'The message; with `message.created`.' })
  readonly message?: MessageResponse;

  @ApiPropertyOptional({
    enum: [true],
    description:
      'true if the message is larger than 64 KiB: its content is not included and must be read separately.',
  })
  readonly truncated?: true;
}
