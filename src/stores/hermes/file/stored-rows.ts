import { blankOf } from '../../../domain/blank-object.js';
import type { StoredRow } from '../../../domain/session.js';
import type { HistoryMoment, Layout } from './layout.js';
import { readableSql } from './readable-size.js';
import { rowidOf } from './rowids.js';
import type { SqlValue } from './sqlite-reader.js';

/** The name of a column or an index, quoted for SQL. */
export function quotedName(column: string): string {
  return `"${column.replaceAll('"', '""')}"`;
}

/** How to read rows of a file with one layout. */
interface RowSelection {
  readonly sql: string;
  readonly names: readonly string[];
  readonly blank: StoredRow;
}

/** Rows of a table by rowid, with every column of the file: clients that were written for Hermes may know columns that this program does not. */
export class StoredRows {
  /** Cached per layout, since building a query costs more than running it. */
  readonly #selections = new WeakMap<Layout, RowSelection>();
  readonly #left: ReadonlySet<string>;

  /** @param left columns to omit. */
  constructor(
    private readonly table: 'sessions' | 'messages',
    left: readonly string[] = [],
  ) {
    this.#left = new Set(left);
  }

  read({ reader, layout }: HistoryMoment, rowids: readonly number[]): ReadonlyMap<number, StoredRow> {
    if (rowids.length === 0) return new Map();
    const selection = this.#selectionOf(layout);
    const tuples = reader.tuples(selection.sql, JSON.stringify(rowids));
    return new Map(tuples.map((values) => [rowidOf(values[0]), toRow(selection, values)]));
  }

  #selectionOf(layout: Layout): RowSelection {
    const known = this.#selections.get(layout);
    if (known !== undefined) return known;
    const columns = this.table === 'sessions' ? layout.sessionColumns : layout.messageColumns;
    const names = [...columns].filter((column) => !this.#left.has(column));
    const values = names.map((name) => readableSql(quotedName(name)));
    const sql = `SELECT ${['rowid', ...values].join(', ')} FROM ${this.table} WHERE rowid IN (SELECT value FROM json_each(?))`;
    const selection = { sql, names, blank: blankOf(Object.fromEntries(names.map((name) => [name, null]))) };
    this.#selections.set(layout, selection);
    return selection;
  }
}

/** @param values the rowid, followed by the values of the columns. */
function toRow({ names, blank }: RowSelection, values: readonly SqlValue[]): StoredRow {
  const row: Record<string, string | number | null> = { ...blank };
  names.forEach((name, at) => {
    row[name] = storedValue(values[at + 1]);
  });
  return row;
}

const WHOLE_SESSIONS = new StoredRows('sessions');

/** The whole row of a session, with the prompt that newer versions store elsewhere; undefined if there is no row. */
export function readWholeRow(history: HistoryMoment, id: string): StoredRow | undefined {
  const rowid = rowidOf(history.reader.value('SELECT rowid FROM sessions WHERE id = ?', id));
  const row = WHOLE_SESSIONS.read(history, [rowid]).get(rowid);
  const { system_prompt: own = null, system_prompt_hash: hash = null } = row ?? {};
  if (row === undefined || own !== null || hash === null) return row;
  const prompt = history.reader.value('SELECT prompt FROM system_prompts WHERE hash = ?', hash);
  return { ...row, system_prompt: storedValue(prompt) };
}

/** Converts a value for JSON: a blob to its text, a bigint to a number. */
function storedValue(value: SqlValue | undefined): string | number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : Number(value);
}
