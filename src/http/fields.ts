/**
 * Decorators for fields of a JSON body. Each checks its value, names what is allowed, and converts no type into another. Their limits also appear in
 * the OpenAPI document; an `@ApiProperty` above adds the rest.
 */
import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsNumber, IsString, Length } from 'class-validator';
import { parseInstant } from '../domain/instant.js';
import { TextList } from './field-rules.js';

/** `true` or `false`. */
export function SwitchField(): PropertyDecorator {
  return IsBoolean({ message: '$property must be true or false.' });
}

/** Text of `min` to `max` characters. */
export function TextField(min: number, max: number): PropertyDecorator {
  const message = `$property must be a text of ${min} to ${max} characters.`;
  return applyDecorators(
    Length(min, max, { message }),
    IsString({ message }),
    ApiProperty({ minLength: min === 0 ? undefined : min, maxLength: max }),
  );
}

/** A list of 1 to `maxItems` texts of 1 to `maxLength` characters. */
export function TextListField(maxItems: number, maxLength: number): PropertyDecorator {
  return applyDecorators(
    TextList(maxItems, maxLength),
    ApiProperty({ type: [String], minItems: 1, maxItems, minLength: 1, maxLength }),
  );
}

/** A point in time; its value is epoch seconds. */
export function InstantField(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { readonly value: unknown }) =>
      typeof value === 'string' ? (parseInstant(value) ?? value) : String(value),
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
