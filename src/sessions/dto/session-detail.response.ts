import { ApiProperty } from '@nestjs/swagger';
import { SessionResponse } from './session.response.js';

const TOKENS = { type: Number, nullable: true } as const;
const DOLLARS = { type: Number, nullable: true, description: 'US dollars.' } as const;

/** Tokens and cost of one session; null where unknown. */
export class SessionUsageResponse {
  @ApiProperty({ ...TOKENS, example: 48213 })
  readonly input_tokens!: number | null;

  @ApiProperty({ ...TOKENS, example: 9120 })
  readonly output_tokens!: number | null;

  @ApiProperty({ ...TOKENS, example: 30144 })
  readonly cache_read_tokens!: number | null;

  @ApiProperty({ ...TOKENS, example: 2048 })
  readonly cache_write_tokens!: number | null;

  @ApiProperty({ ...TOKENS, example: 512 })
  readonly reasoning_tokens!: number | null;

  @ApiProperty({ ...DOLLARS, example: 0.42 })
  readonly estimated_cost_usd!: number | null;

  @ApiProperty({ ...DOLLARS, example: null })
  readonly actual_cost_usd!: number | null;
}

/** One session row with its place in the lineage and its usage. */
export class SessionDetailResponse extends SessionResponse {
  @ApiProperty({
    type: [String],
    description: 'Direct children of every kind, oldest first.',
    example: ['20260502_090000_b2c3d4e5'],
  })
  readonly child_session_ids!: readonly string[];

  @ApiProperty({
    description: 'Session in which the conversation continues: resume here.',
    example: '20260516_185535_f9a54e',
  })
  readonly tip_session_id!: string;

  @ApiProperty({ type: SessionUsageResponse })
  readonly usage!: SessionUsageResponse;
}
