/**
 * Field rules without OpenAPI, also for files that are in no API document: loading the OpenAPI package takes a second, and no command should wait for
 * it.
 */
import { applyDecorators } from '@nestjs/common';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString, Length, ValidateIf } from 'class-validator';

/** A field that may be absent, but not null. */
export function OptionalField(): PropertyDecorator {
  return ValidateIf((_body, value) => value !== undefined);
}

/** A list of 1 to `maxItems` texts of 1 to `maxLength` characters. */
export function TextList(maxItems: number, maxLength: number): PropertyDecorator {
  const message = `$property must be a list of 1 to ${maxItems} texts of 1 to ${maxLength} characters.`;
  // The decorator that is applied last is checked first.
  return applyDecorators(
    Length(1, maxLength, { each: true, message }),
    IsString({ each: true, message }),
    ArrayMaxSize(maxItems, { message }),
    ArrayMinSize(1, { message }),
    IsArray({ message }),
  );
}
