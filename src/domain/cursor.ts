import { DomainError } from './errors.js';

/**
 * The position after the last entry of a page. It consists of the values that the order compares, so it stays valid while rows come and
 * go.
 */
export interface Cursor {
  /** Name of the order that the cursor belongs to. */
  readonly sort: string;
  /** The last entry's value in the order's first key. */
  readonly value: number;
  /** The last entry's start, in epoch seconds; -1 where unknown. */
  readonly startedAt: number;
  readonly id: string;
  /** The history of the last entry, because entries of two histories can be equal otherwise. */
  readonly profile: string;
}

/** Opaque text for `next_cursor`. */
export function encodeCursor(cursor: Cursor): string {
  const fields = [cursor.sort, cursor.value, cursor.startedAt, cursor.id, cursor.profile];
  return Buffer.from(JSON.stringify(fields), 'utf8').toString('base64url');
}

/**
 * Reads an `after` parameter.
 * @throws {DomainError} `invalid_cursor` when the text was not made by {@link encodeCursor} for this order.
 */
export function decodeCursor(text: string, sort: string): Cursor {
  const cursor = toCursor(parse(text));
  if (cursor === undefined) throw new DomainError('invalid_cursor', { param: 'after' });
  if (cursor.sort !== sort) {
    throw new DomainError('invalid_cursor', {
      param: 'after',
      message: `after belongs to a list sorted by ${cursor.sort}; this one is sorted by ${sort}.`,
    });
  }
  return cursor;
}

/** Anybody can write a cursor, so every field is validated. */
function toCursor(fields: unknown): Cursor | undefined {
  if (!Array.isArray(fields) || fields.length !== 5) return undefined;
  const [sort, value, startedAt, id, profile] = fields as readonly unknown[];
  if (typeof sort !== 'string' || typeof id !== 'string' || typeof profile !== 'string') return undefined;
  // JSON allows numbers out of range: 1e999 is parsed as infinity.
  return isFinite(value) && isFinite(startedAt) ? { sort, value, startedAt, id, profile } : undefined;
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
