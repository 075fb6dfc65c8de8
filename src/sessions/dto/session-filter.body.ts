import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { OptionalField } from '../../http/field-rules.js';
import { InstantField, SwitchField, TextField } from '../../http/fields.js';
import type { SessionAccess } from '../../domain/access.js';
import { ARCHIVE_RULES, criteriaOf, type ArchiveRule } from '../session-filter.js';
import type { SessionFilter } from '../session-query.js';
import { HistorySelectionBody } from './history-selection.body.js';

/** The filters of the list, as a body. */
export class SessionFilterBody extends HistorySelectionBody {
  @ApiPropertyOptional({
    description: 'Full text of messages, and titles, as in the list.',
    example: 'kubernetes',
  })
  @OptionalField()
  @TextField(0, 2048)
  readonly search?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'Only what started at or after this date or date-time.',
    example: '2026-05-01',
  })
  @OptionalField()
  @InstantField()
  readonly since?: number;

  @ApiPropertyOptional({
    type: String,
    description: 'Only what started before this date or date-time.',
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
    enum: ARCHIVE_RULES,
    description:
      'Whether archived conversations are left out (`false`), taken alone (`true`), or taken with the others (`any`). By default an export takes them, and a change leaves them out.',
  })
  @OptionalField()
  @IsIn(ARCHIVE_RULES, { message: 'archived must be false, true or any.' })
  readonly archived?: ArchiveRule;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'true: only pinned conversations. false: only those that are not pinned. All by default.',
  })
  @OptionalField()
  @SwitchField()
  readonly pinned?: boolean;
}

/** The filter of a body. @param archived the default archive rule. */
export function filterOfBody(
  body: SessionFilterBody,
  access: SessionAccess,
  archived: ArchiveRule,
): SessionFilter {
  return {
    ...criteriaOf(body, access),
    search: body.search,
    archived: body.archived ?? archived,
    pinned: body.pinned,
    includeChildren: false,
  };
}
