import { numberOf } from './values.js';
import type { SqliteReader, SqlValue } from './sqlite-reader.js';

/** A bound below all rowids, since SQLite has negative ones too. Beyond these two bounds, JavaScript numbers cannot tell rowids apart. */
export const BEFORE_ALL_ROWS = Number.MIN_SAFE_INTEGER;

export const LAST_ROWID = Number.MAX_SAFE_INTEGER;

/** A rowid as SQLite gives it. */
export function rowidOf(value: SqlValue | undefined): number {
  return numberOf(value) ?? 0;
}

/**
 * The rowid that ends a slice of `limit` session rows; null for the last slice. Counts rows, since a file can have gaps of any size between rowids.
 */
export function endOfSlice(reader: SqliteReader, afterRowid: number, limit: number): number | null {
  const end = reader.value(
    'SELECT rowid FROM sessions WHERE rowid > ? AND rowid <= ? ORDER BY rowid LIMIT 1 OFFSET ?',
    afterRowid,
    LAST_ROWID,
    limit - 1,
  );
  return typeof end === 'number' ? end : null;
}

/** Rowid of the newest session. */
export function newestRowid(reader: SqliteReader): number {
  return rowidOf(reader.value('SELECT max(rowid) FROM sessions WHERE rowid <= ?', LAST_ROWID));
}
