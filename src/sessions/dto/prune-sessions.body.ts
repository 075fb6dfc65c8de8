import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { parseInstant } from '../../http/instant.js';
import { PRUNE_ACTIONS, type PruneAction } from '../session-prune.js';

const PLATFORMS_MESSAGE = 'platform must be a list of 1 to 50 platforms of 1 to 200 characters.';
const PROFILES_MESSAGE = 'profile must be a list of 1 to 50 profiles of 1 to 200 characters.';
const MESSAGES_MESSAGE = 'max_messages must be a whole number, 0 or more.';

/** A field that may be left out, but not be null. */
function Optional(): PropertyDecorator {
  return ValidateIf((_body, value) => value !== undefined);
}

function Switch(): PropertyDecorator {
  return IsBoolean({ message: '$property must be true or false.' });
}

/** Body of `POST /v1/sessions/prune`: at least one criterion. */
export class PruneSessionsBody {
  @ApiPropertyOptional({ enum: PRUNE_ACTIONS, default: 'delete', example: 'delete' })
  @Optional()
  @IsIn(PRUNE_ACTIONS, { message: `action must be one of ${PRUNE_ACTIONS.join(', ')}.` })
  readonly action?: PruneAction;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description: 'true only tells what would go. false needs `plan`.',
    example: true,
  })
  @Optional()
  @Switch()
  readonly dry_run?: boolean;

  @ApiPropertyOptional({
    description: 'The `plan` of a dry run with the same criteria; 409 where the selection is another by now.',
    example: 'Zx0c3vK5v1m0j4QeT9aU2bWq7yRhN8sd',
  })
  @Optional()
  @IsString({ message: 'plan must be the plan of a dry run.' })
  @Length(1, 100, { message: 'plan must be the plan of a dry run.' })
  readonly plan?: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'Conversations that began on one of these.',
    example: ['cron'],
  })
  @Optional()
  @Length(1, 200, { each: true, message: PLATFORMS_MESSAGE })
  @IsString({ each: true, message: PLATFORMS_MESSAGE })
  @ArrayMaxSize(50, { message: PLATFORMS_MESSAGE })
  @ArrayMinSize(1, { message: PLATFORMS_MESSAGE })
  @IsArray({ message: PLATFORMS_MESSAGE })
  readonly platform?: readonly string[];

  @ApiPropertyOptional({ type: [String], description: 'In one of these profiles.', example: ['default'] })
  @Optional()
  @Length(1, 200, { each: true, message: PROFILES_MESSAGE })
  @IsString({ each: true, message: PROFILES_MESSAGE })
  @ArrayMaxSize(50, { message: PROFILES_MESSAGE })
  @ArrayMinSize(1, { message: PROFILES_MESSAGE })
  @IsArray({ message: PROFILES_MESSAGE })
  readonly profile?: readonly string[];

  @ApiPropertyOptional({
    description: 'Without activity for so long: a number and h, d or w for hours, days or weeks.',
    example: '90d',
  })
  @Optional()
  @Matches(/^[1-9]\d{0,4}[hdw]$/, { message: 'older_than must be a number and h, d or w, such as 90d.' })
  @IsString({ message: 'older_than must be a number and h, d or w, such as 90d.' })
  readonly older_than?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'Without activity since then, an ISO 8601 date or date-time; without a zone in UTC.',
    example: '2026-01-01',
  })
  @Optional()
  @Transform(({ value }: { readonly value: unknown }) =>
    typeof value === 'string' ? (parseInstant(value) ?? value) : String(value),
  )
  @IsNumber({}, { message: 'last_active_before must be an ISO 8601 date or date-time, such as 2026-05-01.' })
  readonly last_active_before?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'With at most so many messages.',
    example: 2,
  })
  @Optional()
  @Max(Number.MAX_SAFE_INTEGER, { message: MESSAGES_MESSAGE })
  @Min(0, { message: MESSAGES_MESSAGE })
  @IsInt({ message: MESSAGES_MESSAGE })
  readonly max_messages?: number;

  @ApiPropertyOptional({ type: Boolean, description: 'With a title, or without.', example: false })
  @Optional()
  @Switch()
  readonly titled?: boolean;

  @ApiPropertyOptional({ type: Boolean, description: 'Archived, or not.', example: true })
  @Optional()
  @Switch()
  readonly archived?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Also what has not ended.',
    example: false,
  })
  @Optional()
  @Switch()
  readonly include_open?: boolean;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Also what is pinned.', example: false })
  @Optional()
  @Switch()
  readonly include_pinned?: boolean;
}
