import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { OptionalField } from '../../http/field-rules.js';
import { InstantField, SwitchField, TextField } from '../../http/fields.js';
import { HistorySelectionBody } from './history-selection.body.js';
import { PRUNE_ACTIONS, type PruneAction } from '../prune/session-prune.js';

const MESSAGES_MESSAGE = 'max_messages must be a whole number, 0 or more.';

/** Named examples for Swagger UI. */
export const PRUNE_EXAMPLES = {
  jobs: {
    summary: 'Dry run: delete scheduled jobs without activity for 90 days',
    value: { platform: ['cron'], older_than: '90d' },
  },
  short: {
    summary: 'Dry run: archive short conversations without a title',
    value: { action: 'archive', titled: false, max_messages: 4, older_than: '90d' },
  },
};

/** Body of `POST /v1/sessions/prune`: at least one criterion. */
export class PruneSessionsBody extends HistorySelectionBody {
  @ApiPropertyOptional({ enum: PRUNE_ACTIONS, default: 'delete', example: 'delete' })
  @OptionalField()
  @IsIn(PRUNE_ACTIONS, { message: `action must be one of ${PRUNE_ACTIONS.join(', ')}.` })
  readonly action?: PruneAction;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description: 'true: only report what would be deleted or archived. false: do it; needs `plan`.',
    example: true,
  })
  @OptionalField()
  @SwitchField()
  readonly dry_run?: boolean;

  @ApiPropertyOptional({
    description:
      'The `plan` of a dry run with the same criteria; 409 if they select other conversations by now.',
    example: 'Zx0c3vK5v1m0j4QeT9aU2bWq7yRhN8sd',
  })
  @OptionalField()
  @TextField(1, 100)
  readonly plan?: string;

  @ApiPropertyOptional({
    description:
      'Only conversations without activity for this long: a number and `h`, `d` or `w` for hours, days or weeks.',
    example: '90d',
  })
  @OptionalField()
  @Matches(/^[1-9]\d{0,4}[hdw]$/, { message: 'older_than must be a number and h, d or w, such as 90d.' })
  @IsString({ message: 'older_than must be a number and h, d or w, such as 90d.' })
  readonly older_than?: string;

  @ApiPropertyOptional({
    type: String,
    description:
      'Only conversations without activity since this ISO 8601 date or date-time; UTC if it has no zone.',
    example: '2026-01-01',
  })
  @OptionalField()
  @InstantField()
  readonly last_active_before?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Only conversations with at most this many messages.',
    example: 2,
  })
  @OptionalField()
  @Max(Number.MAX_SAFE_INTEGER, { message: MESSAGES_MESSAGE })
  @Min(0, { message: MESSAGES_MESSAGE })
  @IsInt({ message: MESSAGES_MESSAGE })
  readonly max_messages?: number;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'true: only conversations with a title. false: only those without.',
    example: false,
  })
  @OptionalField()
  @SwitchField()
  readonly titled?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'true: only archived conversations. false: only those that are not.',
    example: true,
  })
  @OptionalField()
  @SwitchField()
  readonly archived?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Also conversations that have not ended.',
    example: false,
  })
  @OptionalField()
  @SwitchField()
  readonly include_open?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Only with `delete`: keep each deleted conversation in the trash.',
    example: false,
  })
  @OptionalField()
  @SwitchField()
  readonly trash?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Also pinned conversations.',
    example: false,
  })
  @OptionalField()
  @SwitchField()
  readonly include_pinned?: boolean;
}
