import { ApiProperty } from '@nestjs/swagger';
import type { ListPage } from '../../http/list-page.js';

/** Sessions that were deleted together and can be restored. */
export class TrashEntryResponse {
  @ApiProperty({ description: 'Id in the trash.', example: '5c1f0e7a9b3d4f6280a1c2e3d4b5f607' })
  readonly id!: string;

  @ApiProperty({ enum: ['hermes.session.trash'], example: 'hermes.session.trash' })
  readonly object!: 'hermes.session.trash';

  @ApiProperty({ description: 'The session that was deleted.', example: '20260516_185535_f9a54e' })
  readonly session_id!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Kubernetes deployment review' })
  readonly title!: string | null;

  @ApiProperty({
    description: 'Start of the first user message.',
    example: 'Review my k8s deployment manifest',
  })
  readonly preview!: string;

  @ApiProperty({ example: 'api_server' })
  readonly platform!: string;

  @ApiProperty({ type: String, nullable: true, example: null })
  readonly user_id!: string | null;

  @ApiProperty({ description: 'Profile to which it can be restored.', example: 'default' })
  readonly profile!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-05-16T18:55:35.000Z' })
  readonly started_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-05-16T19:02:11.000Z' })
  readonly last_active_at!: string | null;

  @ApiProperty({
    type: 'integer',
    description: 'Messages in all of its sessions, as Hermes counts them.',
    example: 24,
  })
  readonly message_count!: number;

  @ApiProperty({
    type: [String],
    description: 'Ids of all sessions that were deleted with it, including its delegates.',
    example: ['20260516_185535_f9a54e'],
  })
  readonly session_ids!: readonly string[];

  @ApiProperty({ type: 'integer', description: 'Size of the entry in the trash, in bytes.', example: 18432 })
  readonly bytes!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-06-01T08:00:00.000Z' })
  readonly deleted_at!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it will be removed for good; earlier if newer entries need its space.',
    example: '2026-07-01T08:00:00.000Z',
  })
  readonly expires_at!: string | null;
}

/** One page of the trash. */
export class TrashListResponse implements ListPage<TrashEntryResponse> {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({ type: [TrashEntryResponse] })
  readonly data!: readonly TrashEntryResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries on all pages of this query.', example: 1 })
  readonly total!: number;

  @ApiProperty({ example: false })
  readonly has_more!: boolean;
}
