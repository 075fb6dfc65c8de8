/**
 * Decorators for fields of a JSON body. Each checks and names what is allowed; none takes one type for another.
 */
import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsNumber,
  IsString,
  Length,
  ValidateIf,
} from 'class-validator';
import { parseInstant } from '../domain/instant.js';

/** A field that may be left out, but not be null. */
export function OptionalField(): PropertyDecorator {
  return ValidateIf((_body, value) => value !== undefined);
}

/** `true` or `false`. */
export function SwitchField(): PropertyDecorator {
  return IsBoolean({ message: '$property must be true or false.' });
}

/** Text of `min` to `max` characters. */
export function TextField(min: number, max: number): PropertyDecorator {
  const message = `$property must be a text of ${min} to ${max} characters.`;
  // The decorator that is applied last is checked first.
  return applyDecorators(Length(min, max, { message }), IsString({ message }));
}

/** A list of 1 to `maxItems` texts of 1 to `maxLength` characters. */
export function TextListField(maxItems: number, maxLength: number): PropertyDecorator {
  const message = `$property must be a list of 1 to ${maxItems} texts of 1 to ${maxLength} characters.`;
  return applyDecorators(
    Length(1, maxLength, { each: true, message }),
    IsString({ each: true, message }),
    ArrayMaxSize(maxItems, { message }),
    ArrayMinSize(1, { message }),
    IsArray({ message }),
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
