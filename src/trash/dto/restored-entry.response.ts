import { ApiProperty } from '@nestjs/swagger';

/** A restored entry. */
export class RestoredEntryResponse {
  @ApiProperty({ enum: ['hermes.session.restored'], example: 'hermes.session.restored' })
  readonly object!: 'hermes.session.restored';

  @ApiProperty({
    description: 'Id that the entry had in the trash.',
    example: '5c1f0e7a9b3d4f6280a1c2e3d4b5f607',
  })
  readonly id!: string;

  @ApiProperty({ description: 'The session that was deleted.', example: '20260516_185535_f9a54e' })
  readonly session_id!: string;

  @ApiProperty({ example: 'default' })
  readonly profile!: string;

  @ApiProperty({
    type: [String],
    description: 'Ids of all restored sessions.',
    example: ['20260516_185535_f9a54e'],
  })
  readonly session_ids!: readonly string[];

  @ApiProperty({
    type: 'integer',
    description: 'How many of them no longer have their parent session.',
    example: 0,
  })
  readonly detached!: number;
}
