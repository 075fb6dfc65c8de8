import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ErrorBody } from '../../http/error.response.js';
import { BULK_ACTIONS, type BulkAction } from '../session-bulk.js';

/** What became of one session. */
export class BulkOutcomeResponse {
  @ApiProperty({ example: '20260516_185535_f9a54e' })
  readonly id!: string;

  @ApiProperty({ description: 'Whether it was done; where not, the session is as it was.', example: true })
  readonly ok!: boolean;

  @ApiPropertyOptional({
    type: [String],
    description: 'Only where it was deleted: the session and its delegates.',
    example: ['20260516_185535_f9a54e'],
  })
  readonly deleted_session_ids?: readonly string[];

  @ApiPropertyOptional({ type: ErrorBody, description: 'Only where it was not done: why.' })
  readonly error?: ErrorBody;
}

/** What became of each session of a bulk request. */
export class BulkSessionsResponse {
  @ApiProperty({ enum: ['hermes.session.bulk'], example: 'hermes.session.bulk' })
  readonly object!: 'hermes.session.bulk';

  @ApiProperty({ enum: BULK_ACTIONS, example: 'archive' })
  readonly action!: BulkAction;

  @ApiProperty({ type: [BulkOutcomeResponse], description: 'One outcome for each id, in the same order.' })
  readonly data!: readonly BulkOutcomeResponse[];

  @ApiProperty({ type: 'integer', example: 2 })
  readonly succeeded!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  readonly failed!: number;
}
