import { DomainError } from '../../../domain/errors.js';
import {
  LinesDigest,
  messageLine,
  requireRestorable,
  sessionLine,
  SessionWentOn,
  usageLine,
  type TakenSession,
} from '../../../sessions/trash/kept-session.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { HistoryMoment } from '../file/layout.js';
import { quotedName } from '../file/stored-rows.js';
import { IS_TEXT, type Row, type SqliteReader, type SqlValue } from '../file/sqlite-reader.js';
import { MODEL_USAGE, usageColumns } from './model-usage.js';

/** Messages read per snapshot: each can be megabytes, and other requests wait meanwhile. */
const READ_AT_ONCE = 50;

/** All rows of some sessions as lines, in batches. If the sessions change meanwhile, {@link requireAsKept} will find other lines. */
export async function* takenLines(
  connection: HermesConnection,
  sessions: readonly TakenSession[],
): AsyncGenerator<string> {
  for (const id of inOrder(sessions.map((session) => session.id))) {
    const [lines, slices] = await connection.snapshot(
      (history) => [linesOfSession(history, id), messageSlices(history, id)] as const,
    );
    yield* lines;
    for (const slice of slices)
      yield* await connection.snapshot((history) => linesOfMessages(history, id, slice));
  }
}

/**
 * Makes sure that some sessions equal what was kept of them, inside the transaction that deletes them.
 * @param digest of what was kept.
 * @throws {SessionWentOn}
 */
export function requireAsKept(moment: HistoryMoment, ids: readonly string[], digest: string): void {
  const lines = new LinesDigest();
  for (const id of inOrder(ids)) {
    for (const line of linesOfSession(moment, id)) lines.add(line);
    for (const slice of messageSlices(moment, id))
      for (const line of linesOfMessages(moment, id, slice)) lines.add(line);
  }
  if (lines.name() !== digest) throw new SessionWentOn();
}

/** Sorts the ids, so that every reading of the same sessions has the same order. */
function inOrder(ids: readonly string[]): readonly string[] {
  return [...ids].sort();
}

/**
 * The line of a session, with the prompt itself where newer versions store only its hash, followed by the lines of its model usage; none if it is
 * gone.
 */
function linesOfSession(moment: HistoryMoment, id: string): readonly string[] {
  const { reader, layout } = moment;
  const row = reader.get(`SELECT ${all(layout.sessionColumns)} FROM sessions WHERE id = ?`, id);
  if (row === undefined) return [];
  const whole = withPrompt(reader, exactly(reader, keptTable(reader, 'sessions'), id, row));
  requireRestorable(whole);
  return [sessionLine(whole), ...linesOfUsage(moment, id)];
}

function linesOfUsage(moment: HistoryMoment, id: string): readonly string[] {
  const columns = usageColumns(moment);
  if (columns.length === 0) return [];
  const { reader } = moment;
  const table = keptTable(reader, MODEL_USAGE);
  const sql = `SELECT ${all(columns)}, rowid AS "row id" FROM ${MODEL_USAGE} WHERE session_id = ? ORDER BY rowid`;
  return reader
    .all(sql, id)
    .map(({ 'row id': rowId = null, ...row }) => usageLine(exactly(reader, table, rowId, row)));
}

/** Replaces the hash by the prompt, which newer versions store in another table. The hash stays only if no prompt is found. */
function withPrompt(reader: SqliteReader, row: Row): Row {
  const { system_prompt_hash: hash = null, ...rest } = row;
  if (hash === null) return row;
  if ((rest.system_prompt ?? null) !== null) return rest;
  const sql = `SELECT prompt, ${IS_TEXT}(CAST(prompt AS BLOB)) AS is_text FROM system_prompts WHERE hash = ?`;
  const found = reader.get(sql, hash);
  if (found === undefined) return row;
  if (found.is_text === 0) throw new DomainError('trash_inexact');
  return { ...rest, system_prompt: found.prompt ?? null };
}

/**
 * A row exactly as it is stored: the driver rounds large integers, and shows bytes that are not valid text as U+FFFD.
 * @throws {DomainError} `trash_inexact` if a text has such bytes, which could not be restored.
 */
function exactly(reader: SqliteReader, { table, key, untyped }: KeptTable, id: SqlValue, row: Row): Row {
  const doubtful = Object.keys(row).filter((column) => isDoubtful(row[column], untyped.has(column)));
  if (doubtful.length === 0) return row;
  const stored = doubtful.map(
    (column) => `CASE typeof(${quotedName(column)})
      WHEN 'text' THEN ${IS_TEXT}(CAST(${quotedName(column)} AS BLOB))
      WHEN 'integer' THEN CAST(${quotedName(column)} AS TEXT) END`,
  );
  const [values = []] = reader.tuples(`SELECT ${stored.join(', ')} FROM ${table} WHERE ${key} = ?`, id);
  if (values.includes(0)) throw new DomainError('trash_inexact');
  const integers = doubtful.flatMap((column, at) => {
    const digits = values[at];
    return typeof digits === 'string' ? [[column, BigInt(digits)] as const] : [];
  });
  return { ...row, ...Object.fromEntries(integers) };
}

/** @param isUntyped whether the column does not convert whole numbers to integers. */
function isDoubtful(value: SqlValue | undefined, isUntyped: boolean): boolean {
  if (typeof value === 'string') return value.includes('\u{FFFD}');
  return Number.isInteger(value) && (isUntyped || !Number.isSafeInteger(value));
}

/** A table, and its columns without type conversion (https://sqlite.org/datatype3.html#determination_of_column_affinity). */
interface KeptTable {
  readonly table: 'sessions' | 'messages' | typeof MODEL_USAGE;
  /** The column that identifies a row. */
  readonly key: 'id' | 'rowid';
  readonly untyped: ReadonlySet<string>;
}

function keptTable(reader: SqliteReader, table: KeptTable['table']): KeptTable {
  const sql = "SELECT name FROM pragma_table_info(?, 'main') WHERE type IN ('', 'ANY') OR type LIKE '%BLOB%'";
  const key = table === 'sessions' ? 'id' : 'rowid';
  return { table, key, untyped: new Set(reader.tuples(sql, table).map(([name]) => String(name))) };
}

/**
 * Ids of a session's messages as JSON, in order, one list per batch. Read as text, since the driver would round large ids to those of other messages.
 */
function messageSlices({ reader }: HistoryMoment, id: string): readonly string[] {
  const ids = reader
    .tuples('SELECT CAST(id AS TEXT) FROM messages WHERE session_id = ? ORDER BY id', id)
    .map(([message]) => message);
  return Array.from(
    { length: Math.ceil(ids.length / READ_AT_ONCE) },
    (_, at) => `[${ids.slice(at * READ_AT_ONCE, (at + 1) * READ_AT_ONCE).join(',')}]`,
  );
}

function linesOfMessages({ reader, layout }: HistoryMoment, id: string, slice: string): readonly string[] {
  const sql = `SELECT ${all(layout.messageColumns)}, CAST(id AS TEXT) AS "exact id" FROM messages
    WHERE id IN (SELECT value FROM json_each(?)) AND session_id = ? ORDER BY id`;
  const table = keptTable(reader, 'messages');
  return reader.all(sql, slice, id).map(({ 'exact id': exactId, ...row }) => {
    return messageLine(exactly(reader, table, BigInt(String(exactId)), row));
  });
}

function all(columns: Iterable<string>): string {
  return [...columns].map(quotedName).join(', ');
}
