import {
  toSession,
  type Session,
  type SessionFacts,
  type SessionMarks,
  type SessionRecord,
  type StoredRow,
} from '../../../domain/session.js';
import type { HistoryMoment } from '../file/layout.js';
import type { QueryReader } from '../file/query-reader.js';
import type { Row } from '../file/sqlite-reader.js';
import { rowidOf } from '../file/rowids.js';
import { StoredRows } from '../file/stored-rows.js';
import { flagOf, instantOf, requiredText, textOf } from '../file/values.js';
import type { SessionDigest } from '../index/session-digests.js';
import {
  POSSESSION_COLUMNS,
  possessionSql,
  sessionColumn,
  TOLD_COLUMNS,
  toldOf,
} from '../lineage/session-columns.js';

/** Columns used for the fields of a session. */
const FIELD_COLUMNS = [
  'id',
  'source',
  'user_id',
  'parent_session_id',
  'started_at',
  'ended_at',
  'end_reason',
  'archived',
  'pinned',
  ...TOLD_COLUMNS,
] as const;

const ROW_COLUMNS = [...FIELD_COLUMNS, 'hidden', 'last_read_at'] as const;

/** Columns that no list shows, since they can be megabytes. */
const WIDE_COLUMNS = ['model_config', 'system_prompt', 'system_prompt_hash'] as const;

/** The remaining columns of the rows. */
const OTHER_COLUMNS = new StoredRows('sessions', [...FIELD_COLUMNS, ...WIDE_COLUMNS]);

/** The session rows that a list shows, by rowid. Read from the file itself, so that every field is up to date. */
export function readListedRows(
  history: HistoryMoment<QueryReader>,
  rowids: readonly number[],
): ReadonlyMap<number, Row> {
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

/** The other columns of session rows, by rowid: those that no field shows, without the wide ones. */
export function readOtherColumns(
  history: HistoryMoment<QueryReader>,
  rowids: readonly number[],
): ReadonlyMap<number, StoredRow> {
  return OTHER_COLUMNS.read(history, rowids);
}

/** What is not stored in a session row: the index or the messages provide it. */
export interface RowFacts extends SessionFacts {
  /** The owner of the root. */
  readonly userId: string | null;
  readonly digest: SessionDigest;
  /** The other columns, if requested. */
  readonly row?: StoredRow;
}

/** A conversation from the rows of its tip and its root; both are the same row if there is no chain. */
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

/** Versions that can hide a session have both columns; both are set on all members of a chain. */
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
