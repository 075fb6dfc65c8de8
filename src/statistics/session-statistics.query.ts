import { ApiPropertyOptional, PickType } from '@nestjs/swagger';
import {
  IsOptional,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { IANAZone } from 'luxon';
import { SessionListQuery } from '../sessions/dto/session-list.query.js';

/** An area and a place, or a name without a place. */
const UNAMBIGUOUS = /^(?:[a-z_]+\/.+|utc|gmt)$/i;

/**
 * A time zone known to this process, by a name that means the same to databases: newer versions of Node accept `+01:00`, which databases
 * read with the opposite sign, and `IST` is India here and Israel there.
 */
@ValidatorConstraint({ name: 'timeZone' })
class TimeZone implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && UNAMBIGUOUS.test(value) && IANAZone.isValidZone(value);
  }

  defaultMessage(): string {
    return 'time_zone must be an IANA time zone of an area and a place, such as Europe/Berlin, or UTC.';
  }
}

/** Query parameters of `GET /v1/sessions/stats`: some filters of the list, and the time zone that separates days. */
export class SessionStatisticsQuery extends PickType(SessionListQuery, [
  'platform',
  'profile',
  'origin',
  'user_id',
  'model',
  'since',
  'until',
] as const) {
  @ApiPropertyOptional({
    description: 'IANA time zone of the days, such as `Europe/Berlin` or `UTC`.',
    default: 'UTC',
    example: 'Europe/Berlin',
  })
  @IsOptional()
  @Validate(TimeZone)
  readonly time_zone: string = 'UTC';
}
