import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { MessageResponse } from '../sessions/dto/message.response.js';
import { SessionResponse } from '../sessions/dto/session.response.js';

/** What events can be; `heartbeat` says that the connection is alive, `resync` that something may have been missed. */
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

  @ApiPropertyOptional({ description: 'Profile in which it happened.', example: 'default' })
  readonly profile?: string;

  @ApiPropertyOptional({
    description: 'Host on which it happened, where the histories of several are served.',
    example: 'build-01',
  })
  readonly origin?: string;

  @ApiPropertyOptional({
    description:
      'How far the database was, where servers read standbys of it: whoever sends it as `Read-Position` finds what they were told at every server.',
    example: '16b374d848',
  })
  readonly read_position?: string;

  @ApiPropertyOptional({ description: 'Session that it is about.', example: '20260516_185535_f9a54e' })
  readonly session_id?: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'Fields of the session that are not what they were; with `session.updated`.',
    example: ['title'],
  })
  readonly changed?: readonly string[];

  @ApiPropertyOptional({
    type: SessionResponse,
    description: 'The session as the list shows it now; with `session.created` and `session.updated`.',
  })
  readonly session?: SessionResponse;

  @ApiPropertyOptional({
    description: 'Where the conversation lives on; with `session.deleted`, where it was only compressed.',
    example: '20260501_160000_b2c3d4e5',
  })
  readonly tip_session_id?: string;

  @ApiPropertyOptional({ type: MessageResponse, description: 'The message; with `message.created`.' })
  readonly message?: MessageResponse;

  @ApiPropertyOptional({
    enum: [true],
    description: 'The message is larger than 64 KiB, so its content has to be read.',
  })
  readonly truncated?: true;
}
