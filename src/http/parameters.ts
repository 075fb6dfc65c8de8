/**
 * Decorators for query parameters, which always arrive as text. Each converts text into a value and leaves unreadable text unchanged, so that the
 * validator behind it names the parameter. Their limits also appear in the OpenAPI document; an `@ApiProperty` above adds the rest.
 */
import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsBoolean, IsInt, IsNumber, IsString, Length, Max, Min } from 'class-validator';
import { parseInstant } from '../domain/instant.js';
import { partsBetweenCommas } from '../text/comma-list.js';

/** A whole number in decimal digits from `min` to `max`. */
export function IntegerParameter(min: number, max: number): PropertyDecorator {
  const message =
    max === Number.MAX_SAFE_INTEGER
      ? `$property must be a whole number, ${min} or more.`
      : `$property must be a whole number from ${min} to ${max}.`;
  return applyDecorators(
    Transform(({ value }: { readonly value: unknown }) =>
      typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value,
    ),
    IsInt({ message }),
    Min(min, { message }),
    Max(max, { message }),
  );
}

/** `true` or `false`. */
export function BooleanParameter(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { readonly value: unknown }) =>
      value === 'true' ? true : value === 'false' ? false : value,
    ),
    IsBoolean({ message: '$property must be true or false.' }),
  );
}

/** A point in time as a query parameter; its value is epoch seconds. */
export function InstantParameter(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { readonly value: unknown }) =>
      typeof value === 'string' ? (parseInstant(value) ?? value) : value,
    ),
    IsNumber(
      {},
      {
        message:
          '$property must be an ISO 8601 date or date-time, such as 2026-05-01 or 2026-05-01T14:30:00Z.',
      },
    ),
  );
}

/** Text of 1 to `max` characters, sent once. */
export function TextParameter(max: number): PropertyDecorator {
  const message = `$property must be sent once, with 1 to ${max} characters.`;
  return applyDecorators(
    IsString({ message }),
    Length(1, max, { message }),
    ApiProperty({ minLength: 1, maxLength: max }),
  );
}

/** One or several values: repeated (`a=x&a=y`) or separated by commas (`a=x,y`). */
export function ListParameter(maxItems: number, maxLength: number): PropertyDecorator {
  const message = `$property must be 1 to ${maxItems} values of 1 to ${maxLength} characters, separated by commas or repeated.`;
  return applyDecorators(
    Transform(({ value }: { readonly value: unknown }) => splitList(value)),
    ArrayMaxSize(maxItems, { message }),
    IsString({ each: true, message }),
    Length(1, maxLength, { each: true, message }),
    ApiProperty({ type: [String], minItems: 1, maxItems, minLength: 1, maxLength }),
  );
}

function splitList(value: unknown): unknown {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((item) => (typeof item === 'string' ? partsBetweenCommas(item) : item));
}
