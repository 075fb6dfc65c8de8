import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ErrorBody } from '../../http/error.response.js';
import { BULK_ACTIONS, type BulkAction } from '../bulk/session-bulk.js';

/** The outcome for one session. */
export class BulkOutcomeResponse {
  @ApiProperty({ example: '20260516_185535_f9a54e' })
  readonly id!: string;

  @ApiProperty({ description: 'Whether the session was changed. If not, it is as it was.', example: true })
  readonly ok!: boolean;

  @ApiPropertyOptional({
    type: [String],
    description: 'Only if it was deleted: ids of all deleted sessions, its delegates included.',
    example: ['20260516_185535_f9a54e'],
  })
  readonly deleted_session_ids?: readonly string[];

  @ApiPropertyOptional({
    description: 'Only if it was kept in the trash: the id of its entry.',
    example: '5c1f0e7a9b3d4f6280a1c2e3d4b5f607',
  })
  readonly trash_id?: string;

  @ApiPropertyOptional({ type: ErrorBody, description: 'Only if it was not changed: the reason.' })
  readonly error?: ErrorBody;
}

/** The request that undoes a change. */
export class BulkUndoResponse {
  @ApiProperty({ enum: BULK_ACTIONS, example: 'unarchive' })
  readonly action!: BulkAction;

  @ApiProperty({
    type: [String],
    description: 'Ids of the sessions to change back.',
    example: ['20260516_185535_f9a54e'],
  })
  readonly ids!: readonly string[];

  @ApiPropertyOptional({ description: 'Profile of all of these sessions.', example: 'default' })
  readonly profile?: string;

  @ApiPropertyOptional({
    description: 'Host of all of these sessions, if there are several hosts.',
    example: 'build-01',
  })
  readonly origin?: string;
}

/** The outcomes for all sessions of a bulk request. */
export class BulkSessionsResponse {
  @ApiProperty({ enum: ['hermes.session.bulk'], example: 'hermes.session.bulk' })
  readonly object!: 'hermes.session.bulk';

  @ApiProperty({ enum: BULK_ACTIONS, example: 'archive' })
  readonly action!: BulkAction;

  @ApiProperty({
    type: [BulkOutcomeResponse],
    description: 'One outcome for each session, in the same order.',
  })
  readonly data!: readonly BulkOutcomeResponse[];

  @ApiProperty({ type: 'integer', example: 2 })
  readonly succeeded!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  readonly failed!: number;

  @ApiPropertyOptional({ description: 'Only with `filter`: whether nothing was changed.', example: true })
  readonly dry_run?: boolean;

  @ApiPropertyOptional({
    type: [String],
    description: 'Only with `filter`: in a dry run, the first of those that would be changed, oldest first.',
    example: ['20260516_185535_f9a54e'],
  })
  readonly ids?: readonly string[];

  @ApiPropertyOptional({
    type: 'integer',
    description:
      'Only with `filter`: number of conversations that would be changed or, after a run, are still to be changed. One run changes 500 conversations of one history; continue with `plan`. A conversation that could not be changed is reported once and not tried again.',
    example: 0,
  })
  readonly remaining?: number;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Only with `filter`: send it with `dry_run: false` to change them or to continue; null if nothing remains.',
    example: 'Zx0c3vK5v1m0j4QeT9aU2bWq7yRhN8sd.1779285380.591',
  })
  readonly plan?: string | null;

  @ApiPropertyOptional({
    type: BulkUndoResponse,
    nullable: true,
    description:
      'Only with `filter`: the body of a request that sets the flag of these conversations back; null if nothing can. Side effects of a flag stay, as in Hermes: pinning a hidden session shows it, and what was archived or unarchived by hand is no longer unarchived by activity.',
  })
  readonly undo?: BulkUndoResponse | null;
}
