import { ApiProperty } from '@nestjs/swagger';
import type { ListPage } from '../http/list-page.js';

const STATUSES = ['ready', 'building', 'unavailable'] as const;

/** A profile of Hermes. */
export class ProfileResponse {
  @ApiProperty({ description: 'What `profile` names it by.', example: 'default' })
  readonly name!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Host that it is of, where the histories of several are served; null else.',
    example: null,
  })
  readonly origin!: string | null;

  @ApiProperty({ enum: ['hermes.profile'], example: 'hermes.profile' })
  readonly object!: 'hermes.profile';

  @ApiProperty({ description: "Whether it lies in Hermes's own folder.", example: true })
  readonly is_default!: boolean;

  @ApiProperty({
    enum: STATUSES,
    description: 'Whether its history is served, will be once its index is built, or cannot be read.',
    example: 'ready',
  })
  readonly status!: (typeof STATUSES)[number];

  @ApiProperty({ type: String, nullable: true, description: 'Why not; null when ready.', example: null })
  readonly reason!: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Conversations, archived ones included; null unless ready.',
    example: 1042,
  })
  readonly conversations!: number | null;
}

/** The profiles that are served, all on one page. */
export class ProfileListResponse implements ListPage<ProfileResponse> {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({ type: [ProfileResponse] })
  readonly data!: readonly ProfileResponse[];

  @ApiProperty({ type: 'integer', example: 2 })
  readonly total!: number;

  @ApiProperty({ description: 'Always false: all are on this page.', example: false })
  readonly has_more!: boolean;
}
