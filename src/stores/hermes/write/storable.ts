import type { SqlValue } from '../file/sqlite-reader.js';

/**
 * A value as UTF-8 can hold it. Half of a surrogate pair would be stored as bytes that Python cannot decode, and whatever Hermes
 * lists with that row fails from then on.
 */
export function storable<T extends SqlValue>(value: T): T;
export function storable(value: SqlValue): SqlValue {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
