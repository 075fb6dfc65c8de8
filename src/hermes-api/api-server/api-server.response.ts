import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { MessageResponse } from '../../sessions/dto/message.response.js';
import { SessionUsageResponse } from '../../sessions/dto/session-detail.response.js';

const SECONDS = { type: Number, nullable: true, description: 'Epoch seconds.' } as const;

/** A session in the format of Hermes's API server. */
export class HermesSessionResponse extends SessionUsageResponse {
  @ApiProperty({ example: '20260516_185535_f9a54e' })
  readonly id!: string;

  @ApiProperty({ description: 'Platform.', example: 'api_server' })
  readonly source!: string;

  @ApiProperty({ type: String, nullable: true, example: null })
  readonly user_id!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'anthropic/claude-opus-4' })
  readonly model!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Kubernetes deployment review' })
  readonly title!: string | null;

  @ApiProperty({ ...SECONDS, example: 1_777_645_812 })
  readonly started_at!: number | null;

  @ApiProperty({ ...SECONDS, example: 1_777_650_127 })
  readonly ended_at!: number | null;

  @ApiProperty({ type: String, nullable: true, example: 'user_exit' })
  readonly end_reason!: string | null;

  @ApiProperty({ type: 'integer', example: 61 })
  readonly message_count!: number;

  @ApiProperty({ type: 'integer', example: 18 })
  readonly tool_call_count!: number;

  @ApiProperty({ type: 'integer', description: 'Model calls.', example: 24 })
  readonly api_call_count!: number;

  @ApiProperty({ type: String, nullable: true, example: null })
  readonly parent_session_id!: string | null;

  @ApiProperty({ example: false })
  readonly pinned!: boolean;

  @ApiProperty({ example: false })
  readonly archived!: boolean;

  @ApiProperty({ example: true })
  readonly has_system_prompt!: boolean;

  @ApiProperty({ example: true })
  readonly has_model_config!: boolean;

  @ApiPropertyOptional({ description: 'Only in Hermes versions that can hide a session.', example: false })
  readonly hidden?: boolean;

  @ApiPropertyOptional({
    description: 'Whether something happened since it was last read; only together with `hidden`.',
    example: false,
  })
  readonly unread?: boolean;
}

/** A list entry in the format of Hermes's API server. */
export class HermesListedSessionResponse extends HermesSessionResponse {
  @ApiProperty({ ...SECONDS, example: 1_777_650_127 })
  readonly last_active!: number | null;

  @ApiProperty({ example: 'Review my k8s deployment manifest' })
  readonly preview!: string;

  @ApiPropertyOptional({
    description: 'First session of the compression chain, if it is another one.',
    example: '20260516_185535_f9a54e',
  })
  readonly _lineage_root_id?: string;
}

/** A page of sessions in the format of Hermes's API server. */
export class HermesSessionListResponse {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({ type: [HermesListedSessionResponse] })
  readonly data!: readonly HermesListedSessionResponse[];

  @ApiProperty({ type: 'integer', example: 50 })
  readonly limit!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  readonly offset!: number;

  @ApiProperty({ example: false })
  readonly has_more!: boolean;
}

/** One session in the format of Hermes's API server. */
export class HermesSessionEnvelope {
  @ApiProperty({ enum: ['hermes.session'], example: 'hermes.session' })
  readonly object!: 'hermes.session';

  @ApiProperty({ type: HermesSessionResponse })
  readonly session!: HermesSessionResponse;
}

/** A deletion as confirmed by Hermes's API server. */
export class HermesDeletedResponse {
  @ApiProperty({ enum: ['hermes.session.deleted'], example: 'hermes.session.deleted' })
  readonly object!: 'hermes.session.deleted';

  @ApiProperty({ example: '20260516_185535_f9a54e' })
  readonly id!: string;

  @ApiProperty({ example: true })
  readonly deleted!: boolean;
}

const TEXT = { type: String, nullable: true, example: null } as const;

/** A message in the format of Hermes's API server: missing values are null. */
export class HermesMessageResponse extends PickType(MessageResponse, ['id', 'role', 'content'] as const) {
  @ApiProperty({ example: '20260516_185535_f9a54e' })
  readonly session_id!: string;

  @ApiProperty(TEXT)
  readonly tool_call_id!: string | null;

  @ApiProperty({
    oneOf: [
      { type: 'array', items: {} },
      { type: 'object', additionalProperties: true },
      { type: 'string' },
      { type: 'null' },
    ],
    description:
      'Tool calls of an assistant message, decoded; the stored text where it is not valid JSON; or null.',
    example: null,
  })
  readonly tool_calls!: unknown;

  @ApiProperty(TEXT)
  readonly tool_name!: string | null;

  @ApiProperty({ ...SECONDS, example: 1_777_645_812 })
  readonly timestamp!: number | null;

  @ApiProperty({ type: Number, nullable: true, example: 12 })
  readonly token_count!: number | null;

  @ApiProperty(TEXT)
  readonly finish_reason!: string | null;

  @ApiProperty(TEXT)
  readonly reasoning!: string | null;

  @ApiProperty(TEXT)
  readonly reasoning_content!: string | null;
}

/** The position of a transcript part. */
export class HermesPaginationResponse {
  @ApiProperty({ type: 'integer', example: 500 })
  readonly limit!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  readonly offset!: number;

  @ApiProperty({
    enum: ['latest', 'oldest'],
    description: 'The end that `offset` and `limit` count from.',
    example: 'latest',
  })
  readonly order!: 'latest' | 'oldest';

  @ApiProperty({ type: 'integer', example: 61 })
  readonly returned!: number;

  @ApiPropertyOptional({
    enum: [true],
    description:
      'true if there are more messages although fewer than `limit` came: an answer ends after 64 MiB of messages. Hermes has no such field.',
  })
  readonly has_more?: true;
}

/** Part of a transcript in the format of Hermes's API server. */
export class HermesMessageListResponse {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({
    description: 'Session in which the conversation continues.',
    example: '20260516_185535_f9a54e',
  })
  readonly session_id!: string;

  @ApiProperty({ type: [HermesMessageResponse] })
  readonly data!: readonly HermesMessageResponse[];

  @ApiProperty({ type: HermesPaginationResponse })
  readonly pagination!: HermesPaginationResponse;
}
