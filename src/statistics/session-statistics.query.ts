import { ApiPropertyOptional, PickType } from '@nestjs/swagger';
import {
  IsOptional,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { IANAZone } from 'luxon';
import { SessionListQuery } from '../sessions/dto/session-list.query.js';

/** A time zone that this process knows the rules of, by its name: newer versions of Node take `+01:00` for one, which databases read the other way round. */
@ValidatorConstraint({ name: 'timeZone' })
class TimeZone implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && /^[a-z]/i.test(value) && IANAZone.isValidZone(value);
  }

  defaultMessage(): string {
    return 'time_zone must be an IANA time zone, such as UTC or Europe/Berlin.';
  }
}

/** Query of `GET /v1/sessions/stats`: some filters of the list, and whose days are counted. */
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
    description: 'IANA time zone whose days are counted.',
    default: 'UTC',
    example: 'Europe/Berlin',
  })
  @IsOptional()
  @Validate(TimeZone)
  readonly time_zone: string = 'UTC';
}
