import { beginningWith } from '../../read-model/sql-piece.js';
import type { Row, SqlValue } from './sqlite-reader.js';

/** 2200-01-01 in epoch seconds: Hermes's damaged rows hold times such as 5e+246, which mean nothing. */
export const LATEST_INSTANT = 7_258_118_400;

/** SQL for a time in epoch seconds; NULL if the stored value is not a time from 1970 to 2200. */
export function instantSql(expression: string): string {
  return `CASE WHEN typeof(${expression}) IN ('real', 'integer') AND ${expression} BETWEEN 0 AND ${LATEST_INSTANT} THEN ${expression} END`;
}

/** A stored time in epoch seconds; null if it is not a time from 1970 to 2200. */
export function instantOf(value: SqlValue | undefined): number | null {
  return typeof value === 'number' && value >= 0 && value <= LATEST_INSTANT ? value : null;
}

/** Text, or null for NULL. A damaged row's number or blob becomes its text. */
export function textOf(value: SqlValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
}

/** A finite number, or null. */
export function numberOf(value: SqlValue | undefined): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** A count that is never below zero; what is not a number counts as 0. */
export function countOf(value: SqlValue | undefined): number {
  return Math.max(0, Math.trunc(numberOf(value) ?? 0));
}

/** A flag as Hermes stores it: any number but 0 is set. */
export function flagOf(value: SqlValue | undefined): boolean {
  return (numberOf(value) ?? 0) !== 0;
}

/** The text of a column that every version has. */
export function requiredText(row: Row, column: string): string {
  return textOf(row[column]) ?? '';
}

/** SQL condition: a session works in a folder, or in one below it. */
export function withinFolder(folder: string): {
  readonly sql: string;
  readonly parameters: readonly string[];
} {
  return {
    sql: "(cwd = ? OR cwd LIKE ? ESCAPE '\\')",
    parameters: [folder, beginningWith(`${folder.replace(/\/+$/, '')}/`)],
  };
}
