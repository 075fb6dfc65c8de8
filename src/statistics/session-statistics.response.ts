import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OriginProperty } from '../sessions/dto/origin.property.js';
import { SessionUsageResponse } from '../sessions/dto/session-detail.response.js';

/** Sums over sessions. */
export class TallyResponse {
  @ApiProperty({ type: 'integer', description: 'Session rows of every kind.', example: 789 })
  readonly sessions!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Conversations whose first session is one of these.',
    example: 22,
  })
  readonly conversations!: number;

  @ApiProperty({ type: 'integer', description: 'Message rows of every kind.', example: 20814 })
  readonly messages!: number;

  @ApiProperty({
    type: SessionUsageResponse,
    description: 'Sums over the sessions that report a value; null if none does.',
  })
  readonly usage!: SessionUsageResponse;

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'US dollars: the actual cost of each session, or its estimated cost if the actual one is unknown; null if no session has either. Each of the two sums in `usage` covers only the sessions that have that value.',
    example: 4.21,
  })
  readonly cost_usd!: number | null;
}

export class PlatformTallyResponse extends TallyResponse {
  @ApiProperty({ example: 'telegram' })
  readonly platform!: string;
}

export class ModelTallyResponse extends TallyResponse {
  @ApiProperty({ type: String, nullable: true, example: 'anthropic/claude-opus-4' })
  readonly model!: string | null;
}

export class DayTallyResponse extends TallyResponse {
  @ApiProperty({ format: 'date', description: 'Day on which the sessions started.', example: '2026-05-01' })
  readonly day!: string;
}

/** One of the largest conversations. */
export class LargeConversationResponse {
  @ApiProperty({ description: 'Id to resume or open.', example: '20260516_185535_f9a54e' })
  readonly id!: string;

  @ApiProperty({ example: 'default' })
  readonly profile!: string;

  @OriginProperty()
  readonly origin!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Kubernetes deployment review' })
  readonly title!: string | null;

  @ApiProperty({ example: 'api_server' })
  readonly platform!: string;

  @ApiProperty({ type: 'integer', description: 'Messages in its whole compression chain.', example: 4812 })
  readonly messages!: number;
}

/** Statistics of a history. */
export class SessionStatisticsResponse extends TallyResponse {
  @ApiProperty({ enum: ['hermes.session.stats'], example: 'hermes.session.stats' })
  readonly object!: 'hermes.session.stats';

  @ApiProperty({ description: 'Time zone of `by_day`.', example: 'Europe/Berlin' })
  readonly time_zone!: string;

  @ApiProperty({ type: 'integer', description: 'Sessions that have not ended.', example: 31 })
  readonly open_sessions!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Those with activity in the last five minutes.',
    example: 2,
  })
  readonly active_sessions!: number;

  @ApiProperty({ type: [PlatformTallyResponse], description: 'Most sessions first.' })
  readonly by_platform!: readonly PlatformTallyResponse[];

  @ApiProperty({ type: [ModelTallyResponse], description: 'Most sessions first.' })
  readonly by_model!: readonly ModelTallyResponse[];

  @ApiProperty({ type: [DayTallyResponse], description: 'Oldest first; days without sessions are left out.' })
  readonly by_day!: readonly DayTallyResponse[];

  @ApiProperty({ type: [LargeConversationResponse], description: 'The ten with the most messages.' })
  readonly largest!: readonly LargeConversationResponse[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Profiles left out because their history cannot be read at the moment.',
    example: ['work'],
  })
  readonly unavailable_profiles?: readonly string[];
}
