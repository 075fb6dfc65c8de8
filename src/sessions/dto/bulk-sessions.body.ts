import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsString, MinLength } from 'class-validator';
import { OptionalField, SwitchField, TextField } from '../../http/fields.js';
import { BULK_ACTIONS, MAX_BULK_IDS, type BulkAction } from '../session-bulk.js';

const IDS_MESSAGE = `ids must be a list of 1 to ${MAX_BULK_IDS} different session ids.`;

/** What is filled in where somebody tries it, by its name. */
export const BULK_EXAMPLES = {
  archive: {
    summary: 'Archive two conversations',
    value: { action: 'archive', ids: ['20260520_033620_591fcf', '20260518_171956_1b32f7'] },
  },
  pin: { summary: 'Pin one', value: { action: 'pin', ids: ['20260516_185535_f9a54e'] } },
  delete: { summary: 'Delete one', value: { action: 'delete', ids: ['20260518_171956_1b32f7'] } },
};

/** Body of `POST /v1/sessions/bulk`. */
export class BulkSessionsBody {
  @ApiProperty({ enum: BULK_ACTIONS, description: 'What is done to each session.', example: 'archive' })
  @IsIn(BULK_ACTIONS, { message: `action must be one of ${BULK_ACTIONS.join(', ')}.` })
  readonly action!: BulkAction;

  @ApiProperty({
    type: [String],
    minItems: 1,
    maxItems: MAX_BULK_IDS,
    uniqueItems: true,
    description: 'The sessions, in the order in which they are changed.',
    example: ['20260516_185535_f9a54e', '20260502_091500_b2c3d4e5'],
  })
  // The decorator next to the property is checked first.
  @MinLength(1, { each: true, message: IDS_MESSAGE })
  @IsString({ each: true, message: IDS_MESSAGE })
  @ArrayUnique({ message: IDS_MESSAGE })
  @ArrayMaxSize(MAX_BULK_IDS, { message: IDS_MESSAGE })
  @ArrayMinSize(1, { message: IDS_MESSAGE })
  @IsArray({ message: IDS_MESSAGE })
  readonly ids!: readonly string[];

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Deletes even while an agent is in the middle of a session.',
    example: false,
  })
  @OptionalField()
  @SwitchField()
  readonly force?: boolean;

  @ApiPropertyOptional({
    description: 'Profile that all of them are in; needed only where several have a session with such an id.',
    example: 'default',
  })
  @OptionalField()
  @TextField(1, 200)
  readonly profile?: string;

  @ApiPropertyOptional({
    description: 'Host that all of them are of; needed only where several have a session with such an id.',
    example: 'build-01',
  })
  @OptionalField()
  @TextField(1, 200)
  readonly origin?: string;
}
