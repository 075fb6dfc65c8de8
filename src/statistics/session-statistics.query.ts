import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsOptional,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { IANAZone } from 'luxon';
import { InstantParameter, ListParameter, TextParameter } from '../http/parameters.js';

/** A time zone that this process knows the rules of. */
@ValidatorConstraint({ name: 'timeZone' })
class TimeZone implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && IANAZone.isValidZone(value);
  }

  defaultMessage(): string {
    return 'time_zone must be an IANA time zone, such as UTC or Europe/Berlin.';
  }
}

/** Query of `GET /v1/sessions/stats`. */
export class SessionStatisticsQuery {
  @ApiPropertyOptional({
    description: 'IANA time zone whose days are counted.',
    default: 'UTC',
    example: 'Europe/Berlin',
  })
  @IsOptional()
  @Validate(TimeZone)
  readonly time_zone: string = 'UTC';

  @ApiPropertyOptional({
    type: [String],
    description: 'Only sessions of one or several platforms, repeated or separated by commas.',
    example: ['cli', 'telegram'],
  })
  @IsOptional()
  @ListParameter(50, 200)
  readonly platform?: readonly string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Only sessions of one or several profiles, repeated or separated by commas.',
    example: ['default'],
  })
  @IsOptional()
  @ListParameter(50, 200)
  readonly profile?: readonly string[];

  @ApiPropertyOptional({ description: 'Only sessions of exactly this user id.' })
  @IsOptional()
  @TextParameter(400)
  readonly user_id?: string;

  @ApiPropertyOptional({ description: 'Only sessions of exactly this model.' })
  @IsOptional()
  @TextParameter(400)
  readonly model?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'Started at or after this ISO 8601 date or date-time; without a zone it is UTC.',
    example: '2026-05-01',
  })
  @IsOptional()
  @InstantParameter()
  readonly since?: number;

  @ApiPropertyOptional({
    type: String,
    description: 'Started before this ISO 8601 date or date-time; without a zone it is UTC.',
    example: '2026-06-01T00:00:00Z',
  })
  @IsOptional()
  @InstantParameter()
  readonly until?: number;
}
