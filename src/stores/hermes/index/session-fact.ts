import type { Layout } from '../file/layout.js';
import type { Row } from '../file/sqlite-reader.js';
import { BEFORE_ALL_ROWS, LAST_ROWID, rowidOf } from '../file/rowids.js';
import { IS_TEXT } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';
import { quotedName } from '../file/stored-rows.js';
import { toLineageNode } from '../lineage/lineage-row.js';
import type { SessionRecord } from '../../../domain/session.js';
import type { LineageNode } from '../../../sessions/lineage/lineage.js';
import type { SessionDigest } from './session-digests.js';
import {
  lineageColumns,
  POSSESSION_COLUMNS,
  possessionSql,
  sessionColumn,
  toldOf,
  USAGE_COLUMNS,
} from '../lineage/session-columns.js';

/** What the index knows of a session row and its messages. Times are epoch seconds. */
export interface SessionFact extends LineageNode, Omit<SessionRecord, keyof SessionDigest> {
  readonly rowid: number;
  /** Message rows of any kind. */
  readonly storedMessages: number;
  /** Message rows that were rewound or compacted away; 0 where no index of the file tells. */
  readonly inactiveMessages: number;
}

/** What stands in a row of `sessions s` itself: pairs of name and SQL expression. */
export function rowFactColumns(layout: Layout): readonly (readonly [name: string, expression: string])[] {
  return [
    ...lineageColumns(layout)
      .filter(([name]) => name !== 'newest_message_at')
      // Whose a session is follows from its chain.
      .map(([name, expression]) => [name === 'user_id' ? 'named_user_id' : name, expression] as const),
    // Hermes counts rewinds, as it counts messages, so that both give away what happened to the messages.
    ...['title', 'model', 'cwd', 'message_count', 'tool_call_count', 'api_call_count', 'rewind_count'].map(
      (column) => [column, sessionColumn(layout, column)] as const,
    ),
    ...USAGE_COLUMNS.map((column) => [column, sessionColumn(layout, column)] as const),
    ...POSSESSION_COLUMNS.map((column) => [column, possessionSql(layout, column)] as const),
  ];
}

/** What the messages of a row of `sessions s` tell. */
function messageFactColumns(layout: Layout): readonly (readonly [name: string, expression: string])[] {
  return [
    ...lineageColumns(layout).filter(([name]) => name === 'newest_message_at'),
    ['stored_messages', '(SELECT count(*) FROM messages m WHERE m.session_id = s.id)'],
    ['inactive_messages', inactiveCountSql(layout)],
  ];
}

/**
 * Whether a row of `sessions s` can be asked for. A primary key of type TEXT still accepts NULL, blobs, and bytes that are no text, of which
 * different ones would be read as the same id; an empty text is no part of a path; and a number of JavaScript's does not tell the largest
 * rowids apart: their bounds have a sign in front, or SQLite would follow these through all sessions, rather than those of a slice. Nearly
 * all ids are plain letters, which is quick to see.
 */
export const HAS_ID_SQL = `(typeof(s.id) = 'text' AND s.id <> '' AND (s.id NOT GLOB '*[^ -~]*' AND length(s.id) = octet_length(s.id) OR ${IS_TEXT}(CAST(s.id AS BLOB)))
  AND +s.rowid BETWEEN ${BEFORE_ALL_ROWS + 1} AND ${LAST_ROWID})`;

/** What a session row and its messages tell: pairs of name and SQL expression of `sessions s`. */
function factColumns(layout: Layout): readonly (readonly [name: string, expression: string])[] {
  return [...rowFactColumns(layout), ...messageFactColumns(layout)];
}

/** Selects the facts of `sessions s`; a condition may follow. */
export function selectFactsSql(layout: Layout): string {
  const columns = [
    ['session_rowid', 's.rowid'] as const,
    ['user_id', 's.user_id'] as const,
    ...factColumns(layout),
  ];
  return `SELECT ${columns.map(([name, expression]) => `${expression} AS ${name}`).join(', ')} FROM sessions s`;
}

/** How a session ended, which decides what its children are. */
const END_COLUMNS = ['ended_at', 'end_reason', 'session_key'] as const;

/** Selects how the parents of the sessions of some rowids ended. */
export function selectParentsSql(layout: Layout): string {
  const ends = new Map(lineageColumns(layout));
  return `SELECT s.rowid AS session_rowid, ${END_COLUMNS.map((column) => `${ends.get(column)} AS ${column}`).join(', ')}
    FROM sessions s WHERE s.id IN (SELECT c.parent_session_id FROM json_each(?) r JOIN sessions c ON c.rowid = r.value) AND ${HAS_ID_SQL}`;
}

/** Whether two readings of a row tell the same end; `known` is undefined where the row is not known at all. */
export function isEndedAlike(row: Row, known: Row | undefined): boolean {
  return known !== undefined && END_COLUMNS.every((column) => row[column] === known[column]);
}

/** Counts the session rows. All pages of what is counted are read anew after each commit, so that it is the index with the fewest. */
export function countSessionsSql({ narrowSessionIndex: index }: Layout): string {
  return `SELECT count(*) FROM sessions${index === undefined ? '' : ` INDEXED BY ${quotedName(index)}`}`;
}

/** SQL condition: what is read of `sessions s` is another than the index knows in `known_sessions k`. @param columns pairs of name and expression. */
export function differsSql(columns: readonly (readonly [name: string, expression: string])[]): string {
  return columns.map(([name, expression]) => `k.${name} IS NOT (${expression})`).join(' OR ');
}

/** Selects those of some rowids whose rows are not as the index knows them: changed, new, or gone. */
export function differingSql(layout: Layout): string {
  return `SELECT r.value AS session_rowid FROM json_each(?) r LEFT JOIN sessions s ON s.rowid = r.value AND ${HAS_ID_SQL}
    LEFT JOIN known_sessions k ON k.session_rowid = r.value
    WHERE (s.rowid IS NULL) <> (k.session_rowid IS NULL) OR s.rowid IS NOT NULL AND (${differsSql(factColumns(layout))})`;
}

function inactiveCountSql(layout: Layout): string {
  return layout.activeIsIndexed
    ? '(SELECT count(*) FROM messages m WHERE m.session_id = s.id AND m.active = 0)'
    : '0';
}

/** Reads a row of {@link selectFactsSql}. */
export function toSessionFact(row: Row): SessionFact {
  // Added to the object rather than spread into another, which is many times slower and happens for every session.
  return Object.assign(toLineageNode(row), toldOf(row), {
    rowid: rowidOf(row.session_rowid),
    storedMessages: countOf(row.stored_messages),
    inactiveMessages: countOf(row.inactive_messages),
  });
}

/** What every fact has. */
export const FACT_NAMES = Object.keys(toSessionFact({})) as readonly (keyof SessionFact)[];

/** Whether two readings of a session agree in everything. */
export function isSameFact(a: SessionFact, b: SessionFact): boolean {
  return FACT_NAMES.every((name) => a[name] === b[name]);
}
