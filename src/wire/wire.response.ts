import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { SessionUsageResponse } from '../sessions/dto/session-detail.response.js';
import { MessageResponse } from '../sessions/dto/message.response.js';

const SECONDS = { type: Number, nullable: true, description: 'Epoch seconds.' } as const;

/** A session as Hermes's own API server writes it. */
export class WireSessionResponse extends SessionUsageResponse {
  @ApiProperty({ example: '20260501_143012_a1b2c3d4' })
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

  @ApiProperty({ type: String, nullable: true, example: null })
  readonly parent_session_id!: string | null;

  @ApiProperty({ ...SECONDS, example: 1_777_650_127 })
  readonly last_active!: number | null;

  @ApiProperty({ example: 'Review my k8s deployment manifest' })
  readonly preview!: string;

  @ApiProperty({
    description: 'First session of the compression chain.',
    example: '20260501_143012_a1b2c3d4',
  })
  readonly _lineage_root_id!: string;

  @ApiProperty({ example: false })
  readonly pinned!: boolean;

  @ApiProperty({ example: false })
  readonly archived!: boolean;
}

/** A page of sessions as Hermes's own API server writes it. */
export class WireSessionListResponse {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({ type: [WireSessionResponse] })
  readonly data!: readonly WireSessionResponse[];

  @ApiProperty({ type: 'integer', example: 50 })
  readonly limit!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  readonly offset!: number;

  @ApiProperty({ example: false })
  readonly has_more!: boolean;
}

/** One session as Hermes's own API server writes it. */
export class WireSessionEnvelope {
  @ApiProperty({ enum: ['hermes.session'], example: 'hermes.session' })
  readonly object!: 'hermes.session';

  @ApiProperty({ type: WireSessionResponse })
  readonly session!: WireSessionResponse;
}

/** A deletion as Hermes's own API server confirms it. */
export class WireDeletedResponse {
  @ApiProperty({ enum: ['hermes.session.deleted'], example: 'hermes.session.deleted' })
  readonly object!: 'hermes.session.deleted';

  @ApiProperty({ example: '20260501_143012_a1b2c3d4' })
  readonly id!: string;

  @ApiProperty({ example: true })
  readonly deleted!: boolean;
}

/** A message as Hermes's own API server writes it. */
export class WireMessageResponse extends OmitType(MessageResponse, [
  'timestamp',
  'object',
  'active',
  'session_id',
] as const) {
  @ApiProperty({ example: '20260501_143012_a1b2c3d4' })
  readonly session_id!: string;

  @ApiProperty({ ...SECONDS, example: 1_777_645_812 })
  readonly timestamp!: number | null;
}

/** Which part of a transcript is answered. */
export class WirePaginationResponse {
  @ApiProperty({ type: 'integer', example: 500 })
  readonly limit!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  readonly offset!: number;

  @ApiProperty({
    enum: ['latest', 'oldest'],
    description: 'From which end it is counted.',
    example: 'latest',
  })
  readonly order!: 'latest' | 'oldest';

  @ApiProperty({ type: 'integer', example: 61 })
  readonly returned!: number;
}

/** Part of a transcript as Hermes's own API server writes it. */
export class WireMessageListResponse {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({ description: 'Where the conversation lives on.', example: '20260501_143012_a1b2c3d4' })
  readonly session_id!: string;

  @ApiPropertyOptional({ description: 'The session that was asked for, where it was compressed since.' })
  readonly requested_session_id?: string;

  @ApiProperty({ type: [WireMessageResponse] })
  readonly data!: readonly WireMessageResponse[];

  @ApiProperty({ type: WirePaginationResponse })
  readonly pagination!: WirePaginationResponse;
}
