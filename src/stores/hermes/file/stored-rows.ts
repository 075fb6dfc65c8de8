import type { StoredRow } from '../../../domain/session.js';
import type { OpenHistory } from './hermes-connection.js';
import { readableSql } from './readable-size.js';
import type { SqlValue } from './sqlite-reader.js';
import { rowidOf } from './rowids.js';

/** Columns that no list shows: they can be megabytes. */
export const WIDE_COLUMNS: ReadonlySet<string> = new Set([
  'model_config',
  'system_prompt',
  'system_prompt_hash',
]);

/**
 * Whole rows by rowid, with every column that the file has: what is there beyond what this program knows, clients that were written
 * for Hermes may know.
 * @param left columns that are left out.
 */
export function readStoredRows(
  { reader, layout }: Pick<OpenHistory, 'reader' | 'layout'>,
  table: 'sessions' | 'messages',
  rowids: readonly number[],
  left: ReadonlySet<string> = new Set(),
): ReadonlyMap<number, StoredRow> {
  if (rowids.length === 0) return new Map();
  const columns = [...(table === 'sessions' ? layout.sessionColumns : layout.messageColumns)]
    .filter((column) => !left.has(column))
    .map((column) => `"${column.replaceAll('"', '""')}"`);
  const tuples = reader.tuples(
    `SELECT rowid, ${columns.map(readableSql).join(', ')} FROM ${table} WHERE rowid IN (SELECT value FROM json_each(?))`,
    JSON.stringify(rowids),
  );
  const names = columns.map((column) => column.slice(1, -1).replaceAll('""', '"'));
  return new Map(
    tuples.map(([rowid, ...values]) => [
      rowidOf(rowid),
      Object.fromEntries(names.map((name, at) => [name, storedValue(values[at])])),
    ]),
  );
}

/** The whole row of a session, with the prompt that newer versions keep elsewhere; undefined where there is none. */
export function readWholeRow(
  history: Pick<OpenHistory, 'reader' | 'layout'>,
  id: string,
): StoredRow | undefined {
  const rowid = rowidOf(history.reader.value('SELECT rowid FROM sessions WHERE id = ?', id));
  const row = readStoredRows(history, 'sessions', [rowid]).get(rowid);
  const { system_prompt: own = null, system_prompt_hash: hash = null } = row ?? {};
  if (row === undefined || own !== null || hash === null) return row;
  const prompt = history.reader.value('SELECT prompt FROM system_prompts WHERE hash = ?', hash);
  return { ...row, system_prompt: storedValue(prompt) };
}

/** What is neither text nor number is told as its text: answers are JSON. */
function storedValue(value: SqlValue | undefined): string | number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : Number(value);
}
