import { ApiPropertyOptional } from '@nestjs/swagger';
import { OptionalField } from '../../http/field-rules.js';
import { TextListField } from '../../http/fields.js';

/** The histories and platforms that a body selects. */
export class HistorySelectionBody {
  @ApiPropertyOptional({
    type: [String],
    description: 'Conversations that started on one of these platforms.',
    example: ['telegram'],
  })
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
}
