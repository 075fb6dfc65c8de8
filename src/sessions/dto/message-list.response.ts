import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ListPage } from '../../http/list-page.js';
import { MessageResponse } from './message.response.js';

/** One page of a transcript. */
export class MessageListResponse implements ListPage<MessageResponse> {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({ example: '20260516_185535_f9a54e' })
  readonly session_id!: string;

  @ApiProperty({ type: [MessageResponse] })
  readonly data!: readonly MessageResponse[];

  @ApiProperty({
    type: 'integer',
    description:
      'Messages of the transcript with these roles, regardless of `after` and `before`; with `search`, those that match.',
    example: 61,
  })
  readonly total!: number;

  @ApiProperty({ description: 'Whether more follow in this order.', example: false })
  readonly has_more!: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Number of transcript messages before the one of `around`; only with `around`.',
    example: 57,
  })
  readonly position?: number;
}
