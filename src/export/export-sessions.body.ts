import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { InstantField, OptionalField, SwitchField, TextField, TextListField } from '../http/fields.js';

const ARCHIVED = ['false', 'true', 'any'] as const;

/** What is filled in where somebody tries it, by its name. */
export const EXPORT_EXAMPLES = {
  filter: {
    summary: 'What began on Telegram since May',
    value: { platform: ['telegram'], since: '2026-05-01' },
  },
  search: { summary: 'What a search finds, compressed', value: { search: 'kubernetes', gzip: true } },
  ids: {
    summary: 'One conversation, with its chain',
    value: { ids: ['20260516_185535_f9a54e'], lineage: true },
  },
};

/** Body of `POST /v1/sessions/export`: the filters of the list, or ids; everything where nothing is said. */
export class ExportSessionsBody {
  @ApiPropertyOptional({
    type: [String],
    maxItems: 500,
    description: 'These sessions and no others; not together with filters.',
    example: ['20260516_185535_f9a54e'],
  })
  @OptionalField()
  @TextListField(500, 2048)
  readonly ids?: readonly string[];

  @ApiPropertyOptional({ type: [String], description: 'On one of these platforms.', example: ['telegram'] })
  @OptionalField()
  @TextListField(50, 200)
  readonly platform?: readonly string[];

  @ApiPropertyOptional({ type: [String], description: 'In one of these profiles.', example: ['default'] })
  @OptionalField()
  @TextListField(50, 200)
  readonly profile?: readonly string[];

  @ApiPropertyOptional({ type: [String], description: 'Of one of these hosts.', example: ['build-01'] })
  @OptionalField()
  @TextListField(50, 200)
  readonly origin?: readonly string[];

  @ApiPropertyOptional({
    description: 'Full text of messages, and titles, as in the list.',
    example: 'kubernetes',
  })
  @OptionalField()
  @TextField(0, 2048)
  readonly search?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'Started at or after this date or date-time.',
    example: '2026-05-01',
  })
  @OptionalField()
  @InstantField()
  readonly since?: number;

  @ApiPropertyOptional({
    type: String,
    description: 'Started before this date or date-time.',
    example: '2026-06-01',
  })
  @OptionalField()
  @InstantField()
  readonly until?: number;

  @ApiPropertyOptional({ description: 'Exact title.' })
  @OptionalField()
  @TextField(1, 400)
  readonly title?: string;

  @ApiPropertyOptional({ description: 'Exact user id.' })
  @OptionalField()
  @TextField(1, 400)
  readonly user_id?: string;

  @ApiPropertyOptional({ description: 'Exact model name.' })
  @OptionalField()
  @TextField(1, 400)
  readonly model?: string;

  @ApiPropertyOptional({
    enum: ARCHIVED,
    default: 'any',
    description: 'Whether archived conversations are taken.',
  })
  @OptionalField()
  @IsIn(ARCHIVED, { message: 'archived must be false, true or any.' })
  readonly archived?: (typeof ARCHIVED)[number];

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Only conversations that are pinned, or only those that are not; all by default.',
  })
  @OptionalField()
  @SwitchField()
  readonly pinned?: boolean;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'true: every session row by itself.' })
  @OptionalField()
  @SwitchField()
  readonly include_children?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether each conversation is taken with its whole compression chain, oldest session first.',
  })
  @OptionalField()
  @SwitchField()
  readonly lineage?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether messages that were rewound or compacted away are taken as well.',
  })
  @OptionalField()
  @SwitchField()
  readonly include_inactive?: boolean;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Whether the answer is a gzip file.' })
  @OptionalField()
  @SwitchField()
  readonly gzip?: boolean;
}
