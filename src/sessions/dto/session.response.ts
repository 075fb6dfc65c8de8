import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OriginProperty } from './origin.property.js';

/** Where a search found a conversation. */
export class SessionMatchResponse {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Message that matched; null if only the title did.',
    example: 1812,
  })
  readonly message_id!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Role of that message; null if only the title matched.',
    example: 'user',
  })
  readonly role!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Time of that message.',
    example: '2026-05-01T14:30:12.000Z',
  })
  readonly timestamp!: string | null;

  @ApiProperty({
    description:
      'Text around the hits, each in `<mark>…</mark>`; everything else is HTML-escaped. If the title of another session of the conversation matches, the text is the shown title, without marks.',
    example: 'Review my <mark>k8s</mark> deployment manifest',
  })
  readonly snippet!: string;
}

/** One conversation of a list, or one session row if children are included. */
export class SessionResponse {
  @ApiProperty({ description: 'Id to resume or open.', example: '20260516_185535_f9a54e' })
  readonly id!: string;

  @ApiProperty({ enum: ['hermes.session'], example: 'hermes.session' })
  readonly object!: 'hermes.session';

  @ApiProperty({ description: 'Platform on which the conversation started.', example: 'api_server' })
  readonly platform!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Kubernetes deployment review' })
  readonly title!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'anthropic/claude-opus-4' })
  readonly model!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Start; null if the file has no usable time.',
    example: '2026-05-01T14:30:12.000Z',
  })
  readonly started_at!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description:
      'Newest activity: the later of the newest message and the heartbeat; the start if there is neither.',
    example: '2026-05-01T15:42:07.000Z',
  })
  readonly last_active_at!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'End; null while the session is open.',
    example: '2026-05-01T15:42:07.000Z',
  })
  readonly ended_at!: string | null;

  @ApiProperty({ type: 'integer', description: 'User messages in the transcript.', example: 14 })
  readonly turn_count!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Session that this one continues, branched from or works for.',
    example: null,
  })
  readonly parent_session_id!: string | null;

  @ApiProperty({
    description: "First session of the compression chain; the session's own id if it is in no chain.",
    example: '20260516_185535_f9a54e',
  })
  readonly root_session_id!: string;

  @ApiProperty({ type: 'integer', description: 'Messages, as Hermes counts them.', example: 61 })
  readonly message_count!: number;

  @ApiProperty({ type: 'integer', example: 18 })
  readonly tool_call_count!: number;

  @ApiProperty({
    description:
      'Start of the first user message: at most 60 characters, followed by `...` if it was cut. Empty if there is none.',
    example: 'Review my k8s deployment manifest',
  })
  readonly preview!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'Id of the user, as the platform names users. A session that continues a compressed one without naming a user has the user of that one.',
    example: null,
  })
  readonly user_id!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it ended.', example: 'user_exit' })
  readonly end_reason!: string | null;

  @ApiProperty({ example: false })
  readonly archived!: boolean;

  @ApiProperty({ example: false })
  readonly pinned!: boolean;

  @ApiProperty({ type: 'integer', description: 'Sessions in the compression chain.', example: 1 })
  readonly chain_length!: number;

  @ApiProperty({ description: 'Profile of Hermes that the session belongs to.', example: 'default' })
  readonly profile!: string;

  @OriginProperty()
  readonly origin!: string | null;

  @ApiPropertyOptional({ type: SessionMatchResponse, description: 'Only in the answer to a search.' })
  readonly match?: SessionMatchResponse;
}
