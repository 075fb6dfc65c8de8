import type { SqlValue } from '../file/sqlite-reader.js';

/**
 * A value that UTF-8 can encode. A lone surrogate would be stored as bytes that Python cannot decode, and everything in Hermes that lists that row
 * would fail.
 */
export function storable<T extends SqlValue>(value: T): T;
export function storable(value: SqlValue): SqlValue {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
