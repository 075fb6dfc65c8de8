/**
 * Rules of fields, also of files that no document describes: what writes that one takes a second to load, for which no command should wait.
 */
import { applyDecorators } from '@nestjs/common';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString, Length, ValidateIf } from 'class-validator';

/** A field that may be left out, but not be null. */
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
