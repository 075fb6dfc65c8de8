import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsObject,
  IsString,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { OptionalField } from '../../http/field-rules.js';
import { SwitchField, TextField } from '../../http/fields.js';
import { BULK_ACTIONS, MAX_BULK_IDS, type BulkAction } from '../bulk/session-bulk.js';
import { SessionFilterBody } from './session-filter.body.js';

const IDS_MESSAGE = `ids must be a list of 1 to ${MAX_BULK_IDS} different session ids.`;

/** Named examples for Swagger UI. */
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
  @ApiProperty({ enum: BULK_ACTIONS, description: 'What to do with each session.', example: 'archive' })
  @IsIn(BULK_ACTIONS, { message: `action must be one of ${BULK_ACTIONS.join(', ')}.` })
  readonly action!: BulkAction;

  @ApiPropertyOptional({
    type: [String],
    minItems: 1,
    maxItems: MAX_BULK_IDS,
    uniqueItems: true,
    minLength: 1,
    description: 'The sessions, in the order in which they are changed; cannot be combined with `filter`.',
    example: ['20260516_185535_f9a54e', '20260502_091500_b2c3d4e5'],
  })
  // The decorator next to the property is checked first.
  @MinLength(1, { each: true, message: IDS_MESSAGE })
  @IsString({ each: true, message: IDS_MESSAGE })
  @ArrayUnique({ message: IDS_MESSAGE })
  @ArrayMaxSize(MAX_BULK_IDS, { message: IDS_MESSAGE })
  @ArrayMinSize(1, { message: IDS_MESSAGE })
  @IsArray({ message: IDS_MESSAGE })
  @ValidateIf(({ filter, ids }: BulkSessionsBody) => filter === undefined || ids !== undefined)
  readonly ids?: readonly string[];

  @ApiPropertyOptional({
    type: SessionFilterBody,
    description:
      'All conversations that the list shows with these filters (archived ones only if `archived` says so), each with its whole chain. Conversations that already are as `action` would leave them are skipped.',
  })
  @OptionalField()
  @IsObject({ message: 'filter must be an object with filters of the list.' })
  @ValidateNested()
  @Type(() => SessionFilterBody)
  readonly filter?: SessionFilterBody;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description:
      'Only with `filter`. true: only report what would be changed. false: change it; needs `plan`.',
    example: true,
  })
  @OptionalField()
  @SwitchField()
  readonly dry_run?: boolean;

  @ApiPropertyOptional({
    description:
      'Only with `filter`: the `plan` of a dry run with the same filter; 409 if the filter now selects other conversations. Conversations that started since then are left alone.',
    example: 'Zx0c3vK5v1m0j4QeT9aU2bWq7yRhN8sd.1779285380.591',
  })
  @OptionalField()
  @TextField(1, 100)
  readonly plan?: string;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Delete even while an agent is working in a session.',
    example: false,
  })
  @OptionalField()
  @SwitchField()
  readonly force?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description:
      'Only with `delete`: keep what is deleted in the trash, each session as its own entry; with `filter`, each conversation as one entry.',
    example: false,
  })
  @OptionalField()
  @SwitchField()
  readonly trash?: boolean;

  @ApiPropertyOptional({
    description:
      'Profile of all of these sessions; needed only if several profiles have a session with such an id.',
    example: 'default',
  })
  @OptionalField()
  @TextField(1, 200)
  readonly profile?: string;

  @ApiPropertyOptional({
    description:
      'Host of all of these sessions; needed only if several hosts have a session with such an id.',
    example: 'build-01',
  })
  @OptionalField()
  @TextField(1, 200)
  readonly origin?: string;
}
