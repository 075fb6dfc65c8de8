import { numberOf } from './values.js';
import type { SqliteReader, SqlValue } from './sqlite-reader.js';

/** The rowid behind which all others come: SQLite has negative ones too. Beyond these two, numbers cannot tell one from the next. */
export const BEFORE_ALL_ROWS = Number.MIN_SAFE_INTEGER;

export const LAST_ROWID = Number.MAX_SAFE_INTEGER;

/** A rowid as SQLite gives it. */
export function rowidOf(value: SqlValue | undefined): number {
  return numberOf(value) ?? 0;
}

/**
 * The rowid with which a slice of so many session rows ends; null for the last slice. By rows rather than by numbers, of which a file
 * can have passed over any number.
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
