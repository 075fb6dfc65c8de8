import {
  toSession,
  type Session,
  type SessionFacts,
  type SessionMarks,
  type SessionRecord,
  type StoredRow,
} from '../../../domain/session.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import type { Row } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { StoredRows } from '../file/stored-rows.js';
import { flagOf, instantOf, requiredText, textOf } from '../file/values.js';
import type { SessionDigest } from '../index/session-digests.js';
import {
  POSSESSION_COLUMNS,
  possessionSql,
  sessionColumn,
  toldOf,
  USAGE_COLUMNS,
} from '../lineage/session-columns.js';

/** Columns that fields of a session are made of. */
const TOLD_COLUMNS = [
  'id',
  'source',
  'user_id',
  'model',
  'title',
  'parent_session_id',
  'started_at',
  'ended_at',
  'end_reason',
  'message_count',
  'tool_call_count',
  'api_call_count',
  'archived',
  'pinned',
  ...USAGE_COLUMNS,
] as const;

const ROW_COLUMNS = [...TOLD_COLUMNS, 'hidden', 'last_read_at'] as const;

/** Columns that no list shows: they can be megabytes. */
const WIDE_COLUMNS = ['model_config', 'system_prompt', 'system_prompt_hash'] as const;

/** What rows have besides. */
const OTHER_COLUMNS = new StoredRows('sessions', [...TOLD_COLUMNS, ...WIDE_COLUMNS]);

type RowSource = Pick<OpenHistory, 'reader' | 'layout'>;

/** Session rows by rowid with what a list shows of them, read from the file itself, so that every field is as fresh as the file. */
export function readListedRows(history: RowSource, rowids: readonly number[]): ReadonlyMap<number, Row> {
  if (rowids.length === 0) return new Map();
  const { reader, layout } = history;
  const sql = reader.textOf('listed rows', (query) =>
    query
      .select([
        's.rowid AS session_rowid',
        ...ROW_COLUMNS.map((column) => `${sessionColumn(layout, column)} AS ${column}`),
        ...POSSESSION_COLUMNS.map((column) => `${possessionSql(layout, column)} AS ${column}`),
      ])
      .from('sessions', 's')
      .where('s.rowid IN (SELECT value FROM json_each(?))'),
  );
  const rows = reader.all(sql, JSON.stringify(rowids));
  return new Map(rows.map((row) => [rowidOf(row.session_rowid), row]));
}

/** By rowid what is in the rows of sessions and in no field of theirs, but for what no list shows. */
export function readOtherColumns(
  history: RowSource,
  rowids: readonly number[],
): ReadonlyMap<number, StoredRow> {
  return OTHER_COLUMNS.read(history, rowids);
}

/** What stands in no session row: the index knows it, or the messages do. */
export interface RowFacts extends SessionFacts {
  /** Whose the first of the rows is. */
  readonly userId: string | null;
  readonly digest: SessionDigest;
  /** Where it was asked for. */
  readonly row?: StoredRow;
}

/** A conversation by the rows of its tip and its root; both are the same row where there is no chain. */
export function sessionOf(tip: Row, root: Row, facts: RowFacts): Session {
  const { userId, digest, row } = facts;
  const record = toRecord(tip, digest);
  const first = Object.assign(tip === root ? record : toRecord(root, digest), { userId });
  const marks = marksOf(root);
  return Object.assign(
    toSession(record, first, facts),
    marks === undefined ? undefined : { marks },
    row === undefined ? undefined : { row },
  );
}

/** Versions that can hide a session tell of both; both are set on all members of a chain. */
function marksOf(row: Row): SessionMarks | undefined {
  if (row.hidden === null) return undefined;
  return { hidden: flagOf(row.hidden), lastReadAt: instantOf(row.last_read_at) };
}

function toRecord(row: Row, { turnCount, preview }: SessionDigest): SessionRecord {
  return Object.assign(toldOf(row), {
    id: requiredText(row, 'id'),
    source: requiredText(row, 'source'),
    userId: textOf(row.user_id),
    startedAt: instantOf(row.started_at),
    endedAt: instantOf(row.ended_at),
    endReason: textOf(row.end_reason),
    archived: flagOf(row.archived),
    pinned: flagOf(row.pinned),
    turnCount,
    preview,
  });
}
