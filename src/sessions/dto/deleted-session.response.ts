import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** The answer to a deletion. */
export class DeletedSessionResponse {
  @ApiProperty({ example: '20260516_185535_f9a54e' })
  readonly id!: string;

  @ApiProperty({ enum: ['hermes.session.deleted'], example: 'hermes.session.deleted' })
  readonly object!: 'hermes.session.deleted';

  @ApiProperty({ enum: [true], example: true })
  readonly deleted!: true;

  @ApiProperty({
    type: [String],
    description: 'Ids of all deleted sessions: the session and its delegates.',
    example: ['20260516_185535_f9a54e', '20260501_150000_c3d4e5f6'],
  })
  readonly deleted_session_ids!: readonly string[];

  @ApiPropertyOptional({
    description: 'Only with `trash=true`: the id of its trash entry.',
    example: '5c1f0e7a9b3d4f6280a1c2e3d4b5f607',
  })
  readonly trash_id?: string;
}
