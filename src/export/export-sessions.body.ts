import { ApiPropertyOptional } from '@nestjs/swagger';
import { OptionalField } from '../http/field-rules.js';
import { SwitchField, TextListField } from '../http/fields.js';
import { SessionFilterBody } from '../sessions/dto/session-filter.body.js';

/** Named examples for Swagger UI. */
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

/** Body of `POST /v1/sessions/export`: the filters of the list, or ids; everything if empty. */
export class ExportSessionsBody extends SessionFilterBody {
  @ApiPropertyOptional({
    type: [String],
    description: 'Exactly these sessions; cannot be combined with filters.',
    example: ['20260516_185535_f9a54e'],
  })
  @OptionalField()
  @TextListField(500, 2048)
  readonly ids?: readonly string[];

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'true: every session row separately.' })
  @OptionalField()
  @SwitchField()
  readonly include_children?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description:
      'Whether to export each conversation with its whole compression chain, oldest session first.',
  })
  @OptionalField()
  @SwitchField()
  readonly lineage?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether to include messages that were rewound or compacted away.',
  })
  @OptionalField()
  @SwitchField()
  readonly include_inactive?: boolean;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Whether to answer with a gzip file.' })
  @OptionalField()
  @SwitchField()
  readonly gzip?: boolean;
}
