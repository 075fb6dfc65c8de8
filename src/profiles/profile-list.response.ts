import { ApiProperty } from '@nestjs/swagger';
import type { ListPage } from '../http/list-page.js';
import { OriginProperty } from '../sessions/dto/origin.property.js';

const STATUSES = ['ready', 'building', 'unavailable'] as const;

/** How far the history of a host has been sent to the database. */
export class ShippingResponse {
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'When its shipper last reported that everything had been sent, which it does every five seconds; null if there is no shipper.',
    example: '2026-06-20T12:00:00.000Z',
  })
  readonly in_step_at!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'When all of it was last compared with its host, which happens every hour; null before the first comparison.',
    example: '2026-06-20T11:31:04.000Z',
  })
  readonly compared_at!: string | null;

  @ApiProperty({
    type: 'integer',
    description: 'Sessions that the host no longer has, kept until somebody accepts the loss.',
    example: 0,
  })
  readonly held_sessions!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'A problem that somebody should look at.',
    example: null,
  })
  readonly warning!: string | null;
}

/** A profile of Hermes. */
export class ProfileResponse {
  @ApiProperty({ description: 'Name of the profile, as used for `profile`.', example: 'default' })
  readonly name!: string;

  @OriginProperty()
  readonly origin!: string | null;

  @ApiProperty({ enum: ['hermes.profile'], example: 'hermes.profile' })
  readonly object!: 'hermes.profile';

  @ApiProperty({ description: "Whether this is the profile in Hermes's own folder.", example: true })
  readonly is_default!: boolean;

  @ApiProperty({
    enum: STATUSES,
    description: 'Whether its history is served, is being indexed, or cannot be read.',
    example: 'ready',
  })
  readonly status!: (typeof STATUSES)[number];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why it is not ready; null when it is.',
    example: null,
  })
  readonly reason!: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Number of conversations, including archived ones; null unless ready.',
    example: 1042,
  })
  readonly conversations!: number | null;

  @ApiProperty({
    type: ShippingResponse,
    nullable: true,
    description:
      'How far the history has been sent here; null if it is served from its file, and for keys that are limited to a user or platform.',
    example: null,
  })
  readonly shipping!: ShippingResponse | null;
}

/** The served profiles, all on one page. */
export class ProfileListResponse implements ListPage<ProfileResponse> {
  @ApiProperty({ enum: ['list'], example: 'list' })
  readonly object!: 'list';

  @ApiProperty({ type: [ProfileResponse] })
  readonly data!: readonly ProfileResponse[];

  @ApiProperty({ type: 'integer', example: 2 })
  readonly total!: number;

  @ApiProperty({ description: 'Always false: all profiles are on this page.', example: false })
  readonly has_more!: boolean;
}
