import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsOptional,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import {
  BooleanParameter,
  InstantParameter,
  IntegerParameter,
  ListParameter,
  TextParameter,
} from '../../http/parameters.js';
import { ARCHIVE_RULES, type ArchiveRule } from '../session-filter.js';
import {
  SEARCH_PLACES,
  SESSION_SORTS,
  TOTAL_PRECISIONS,
  type SearchPlace,
  type SessionSort,
  type TotalPrecision,
} from '../session-query.js';

const MAX_SEARCH_LENGTH = 2048;

/** Length in code points, as Hermes counts it; text may be empty. */
@ValidatorConstraint({ name: 'searchText' })
class SearchText implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'string') return false;
    return value.length <= MAX_SEARCH_LENGTH || Array.from(value).length <= MAX_SEARCH_LENGTH;
  }

  defaultMessage(): string {
    return `search must be sent once, with at most ${MAX_SEARCH_LENGTH} characters.`;
  }
}

/** The search text, which may be given only once. */
export function SearchParameter(): PropertyDecorator {
  return applyDecorators(Validate(SearchText), ApiProperty({ maxLength: MAX_SEARCH_LENGTH }));
}

/** Query of `GET /v1/sessions`. */
export class SessionListQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 200,
    default: 20,
    description: 'Entries per page.',
  })
  @IsOptional()
  @IntegerParameter(1, 200)
  readonly limit: number = 20;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Entries to skip; none by default. Cannot be combined with `after`.',
  })
  @IsOptional()
  @IntegerParameter(0, Number.MAX_SAFE_INTEGER)
  readonly offset?: number;

  @ApiPropertyOptional({
    description:
      'The `next_cursor` of the previous page. Stays correct while sessions are added and removed. By relevance, a cursor is valid only with the same `search` and `search_in`.',
  })
  @IsOptional()
  @TextParameter(2048)
  readonly after?: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'One or several, repeated or separated by commas.',
    example: ['cli', 'telegram'],
  })
  @IsOptional()
  @ListParameter(50, 200)
  readonly platform?: readonly string[];

  @ApiPropertyOptional({
    description:
      'Full text of messages, and titles. Words are ANDed; `"phrases"`, `prefix*`, `AND`, `OR` and `NOT` work; anything else is literal. At most 2,048 characters.',
    example: 'kubernetes',
  })
  @IsOptional()
  @SearchParameter()
  readonly search?: string;

  @ApiPropertyOptional({
    enum: SEARCH_PLACES,
    description:
      'Where `search` looks; only together with it. `all` looks in messages and titles; title matches come first by relevance. `titles` looks in titles alone and takes milliseconds, however many messages there are. A search with `OR` or `NOT` looks in titles only with `titles`; with `all` it looks in messages alone.',
  })
  @IsOptional()
  @IsIn(SEARCH_PLACES, { message: `search_in must be one of ${SEARCH_PLACES.join(', ')}.` })
  readonly search_in?: SearchPlace;

  @ApiPropertyOptional({
    enum: TOTAL_PRECISIONS,
    default: 'exact',
    description:
      'Whether `total` and `hidden` of a search may be estimates (`total_is_about`) where counting would be slow: for a word, or a phrase of words, that tens of thousands of conversations on many hosts contain. The page then takes milliseconds. Hits of such a phrase are ordered by start, newest first, after those with the phrase in the title.',
  })
  @IsOptional()
  @IsIn(TOTAL_PRECISIONS, { message: `total must be one of ${TOTAL_PRECISIONS.join(', ')}.` })
  readonly total?: TotalPrecision;

  @ApiPropertyOptional({
    type: String,
    description: 'Only what started at or after this ISO 8601 date or date-time; UTC if it has no zone.',
    example: '2026-05-01',
  })
  @IsOptional()
  @InstantParameter()
  readonly since?: number;

  @ApiPropertyOptional({
    type: String,
    description: 'Only what started before this ISO 8601 date or date-time; UTC if it has no zone.',
    example: '2026-06-01T00:00:00Z',
  })
  @IsOptional()
  @InstantParameter()
  readonly until?: number;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'false: one entry per conversation. true: every session row separately.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly include_children: boolean = false;

  @ApiPropertyOptional({
    enum: ARCHIVE_RULES,
    default: 'false',
    description:
      'Whether archived conversations are left out (`false`), shown alone (`true`), or shown with the others (`any`).',
  })
  @IsOptional()
  @IsIn(ARCHIVE_RULES, { message: 'archived must be false, true or any.' })
  readonly archived: ArchiveRule = 'false';

  @ApiPropertyOptional({
    type: Boolean,
    description: 'true: only pinned conversations. false: only those that are not pinned. All by default.',
  })
  @IsOptional()
  @BooleanParameter()
  readonly pinned?: boolean;

  @ApiPropertyOptional({
    description: 'Exact title. In a compression chain, the title of any member matches.',
  })
  @IsOptional()
  @TextParameter(400)
  readonly title?: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'One or several profiles of Hermes, repeated or separated by commas; all by default.',
    example: ['default'],
  })
  @IsOptional()
  @ListParameter(50, 200)
  readonly profile?: readonly string[];

  @ApiPropertyOptional({
    type: [String],
    description:
      'One or several hosts, repeated or separated by commas, where the histories of several hosts are served; all by default.',
    example: ['build-01'],
  })
  @IsOptional()
  @ListParameter(50, 200)
  readonly origin?: readonly string[];

  @ApiPropertyOptional({ description: 'Exact user id.' })
  @IsOptional()
  @TextParameter(400)
  readonly user_id?: string;

  @ApiPropertyOptional({ description: 'Exact model name.' })
  @IsOptional()
  @TextParameter(400)
  readonly model?: string;

  @ApiPropertyOptional({
    enum: SESSION_SORTS,
    description:
      'Sort order; `-` means newest first. The default is `-last_active_at`, or `relevance` with `search` (`relevance` needs `search`). Ties are broken by start, then id.',
  })
  @IsOptional()
  @IsIn(SESSION_SORTS, { message: `sort must be one of ${SESSION_SORTS.join(', ')}.` })
  readonly sort?: SessionSort;
}
