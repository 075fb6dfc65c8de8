import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PRUNE_ACTIONS, type PruneAction } from '../prune/session-prune.js';
import { BulkOutcomeResponse } from './bulk-sessions.response.js';
import { OriginProperty } from './origin.property.js';

/** A conversation with its history, because several histories can have the same id. */
export class PrunedConversationResponse {
  @ApiProperty({ description: 'The session to resume.', example: '20260516_185535_f9a54e' })
  readonly id!: string;

  @ApiProperty({ description: 'Profile of the session.', example: 'default' })
  readonly profile!: string;

  @OriginProperty()
  readonly origin!: string | null;
}

/** The plan or the result of a prune. */
export class PruneSessionsResponse {
  @ApiProperty({ enum: ['hermes.session.prune'], example: 'hermes.session.prune' })
  readonly object!: 'hermes.session.prune';

  @ApiProperty({ enum: PRUNE_ACTIONS, example: 'delete' })
  readonly action!: PruneAction;

  @ApiProperty({ description: 'Whether nothing was changed.', example: true })
  readonly dry_run!: boolean;

  @ApiProperty({
    type: 'integer',
    description: 'Conversations that would be, or were, deleted or archived.',
    example: 767,
  })
  readonly count!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Their messages, including those of the delegates that are deleted with them.',
    example: 20814,
  })
  readonly messages!: number;

  @ApiProperty({
    type: 'integer',
    description:
      'Bytes of the history that they take, estimated by their share of all messages. Deleting makes room for new messages; the file does not shrink.',
    example: 231_735_296,
  })
  readonly estimated_bytes!: number;

  @ApiProperty({
    type: [String],
    description: 'The first of these conversations, oldest activity first.',
    example: ['20260516_185535_f9a54e'],
  })
  readonly ids!: readonly string[];

  @ApiProperty({
    type: [PrunedConversationResponse],
    description: 'The same conversations in the same order, with the history of each.',
  })
  readonly conversations!: readonly PrunedConversationResponse[];

  @ApiProperty({
    type: 'integer',
    description:
      'Delegate sessions that worked for these conversations and are deleted with them. None when archiving.',
    example: 112,
  })
  readonly delegates!: number;

  @ApiProperty({
    type: [String],
    description: 'The first of these sessions, without those that the key may not see.',
    example: ['20260501_150000_c3d4e5f6'],
  })
  readonly delegate_ids!: readonly string[];

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'Send it with `dry_run: false` to do what this dry run reports, or to continue if some remain; null if all is done, or if the rest cannot be determined at the moment.',
    example: 'Zx0c3vK5v1m0j4QeT9aU2bWq7yRhN8sd',
  })
  readonly plan!: string | null;

  @ApiProperty({
    type: 'integer',
    description:
      'Conversations that are still to be done: a run ends after 20 seconds. Continue with `plan`.',
    example: 0,
  })
  readonly remaining!: number;

  @ApiProperty({
    type: [BulkOutcomeResponse],
    description:
      'What could not be pruned, and why. In a dry run, the first of the conversations that only Hermes itself can delete; `count` excludes these.',
  })
  readonly failed!: readonly BulkOutcomeResponse[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Profiles left out because their history cannot be read at the moment.',
    example: ['work'],
  })
  readonly unavailable_profiles?: readonly string[];
}
