import { ApiProperty } from '@nestjs/swagger';

/** An entry that was deleted for good. */
export class PurgedEntryResponse {
  @ApiProperty({ enum: ['hermes.session.trash.purged'], example: 'hermes.session.trash.purged' })
  readonly object!: 'hermes.session.trash.purged';

  @ApiProperty({ example: '5c1f0e7a9b3d4f6280a1c2e3d4b5f607' })
  readonly id!: string;

  @ApiProperty({ enum: [true], example: true })
  readonly purged!: true;
}

/** How many entries were deleted for good. */
export class EmptiedTrashResponse {
  @ApiProperty({ enum: ['hermes.session.trash.emptied'], example: 'hermes.session.trash.emptied' })
  readonly object!: 'hermes.session.trash.emptied';

  @ApiProperty({ type: 'integer', example: 12 })
  readonly purged!: number;
}
