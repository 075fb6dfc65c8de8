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
  TOLD_COLUMNS,
  toldOf,
} from '../lineage/session-columns.js';

/** What the index knows of a session row and its messages. Times are epoch seconds. */
export interface SessionFact extends LineageNode, Omit<SessionRecord, keyof SessionDigest> {
  readonly rowid: number;
  /** Message rows of any kind. */
  readonly storedMessages: number;
  /** Message rows that were rewound or compacted away; 0 if no index of the file tells. */
  readonly inactiveMessages: number;
}

/** Facts stored in a row of `sessions s` itself: pairs of name and SQL expression. */
export function rowFactColumns(layout: Layout): readonly (readonly [name: string, expression: string])[] {
  return [
    ...lineageColumns(layout)
      .filter(([name]) => name !== 'newest_message_at')
      // The owner of a session is derived from its chain.
      .map(([name, expression]) => [name === 'user_id' ? 'named_user_id' : name, expression] as const),
    // Hermes counts rewinds and messages in the session row, so both reveal changes to the messages.
    ...['cwd', 'rewind_count', ...TOLD_COLUMNS].map(
      (column) => [column, sessionColumn(layout, column)] as const,
    ),
    ...POSSESSION_COLUMNS.map((column) => [column, possessionSql(layout, column)] as const),
  ];
}

/** Facts derived from the messages of a row of `sessions s`. */
function messageFactColumns(layout: Layout): readonly (readonly [name: string, expression: string])[] {
  return [
    ...lineageColumns(layout).filter(([name]) => name === 'newest_message_at'),
    ['stored_messages', '(SELECT count(*) FROM messages m WHERE m.session_id = s.id)'],
    ['inactive_messages', inactiveCountSql(layout)],
  ];
}

/**
 * Whether a row of `sessions s` can be addressed. A TEXT primary key still accepts NULL, blobs, and bytes that are not valid text, of which different
 * ones would be read as the same id. An empty id cannot be part of a URL path. JavaScript numbers do not tell the largest rowids apart. The unary
 * plus before the rowid keeps SQLite from using these bounds, rather than those of the slice, for its scan. Nearly all ids are plain ASCII, which is
 * cheap to check first.
 */
export const HAS_ID_SQL = `(typeof(s.id) = 'text' AND s.id <> '' AND (s.id NOT GLOB '*[^ -~]*' AND length(s.id) = octet_length(s.id) OR ${IS_TEXT}(CAST(s.id AS BLOB)))
  AND +s.rowid BETWEEN ${BEFORE_ALL_ROWS + 1} AND ${LAST_ROWID})`;

/** Facts of a session row and its messages: pairs of name and SQL expression over `sessions s`. */
function factColumns(layout: Layout): readonly (readonly [name: string, expression: string])[] {
  return [...rowFactColumns(layout), ...messageFactColumns(layout)];
}

/** Selects the facts of `sessions s`; a WHERE clause may follow. */
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

/** Selects how the parents of sessions with some rowids ended. */
export function selectParentsSql(layout: Layout): string {
  const ends = new Map(lineageColumns(layout));
  return `SELECT s.rowid AS session_rowid, ${END_COLUMNS.map((column) => `${ends.get(column)} AS ${column}`).join(', ')}
    FROM sessions s WHERE s.id IN (SELECT c.parent_session_id FROM json_each(?) r JOIN sessions c ON c.rowid = r.value) AND ${HAS_ID_SQL}`;
}

/** Whether two readings of a row show the same end; `known` is undefined if the index does not know the row. */
export function isEndedAlike(row: Row, known: Row | undefined): boolean {
  return known !== undefined && END_COLUMNS.every((column) => row[column] === known[column]);
}

/** Counts the session rows. Each commit makes all pages of the counted index stale, so the smallest index is used. */
export function countSessionsSql({ narrowSessionIndex: index }: Layout): string {
  return `SELECT count(*) FROM sessions${index === undefined ? '' : ` INDEXED BY ${quotedName(index)}`}`;
}

/** SQL condition: `sessions s` differs from what the index knows in `known_sessions k`. @param columns pairs of name and expression. */
export function differsSql(columns: readonly (readonly [name: string, expression: string])[]): string {
  return columns.map(([name, expression]) => `k.${name} IS NOT (${expression})`).join(' OR ');
}

/** Selects, of some rowids, those whose rows differ from the index: changed, new, or gone. */
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
  // Object.assign rather than spreading into another object, which is many times slower and happens for every session.
  return Object.assign(toLineageNode(row), toldOf(row), {
    rowid: rowidOf(row.session_rowid),
    storedMessages: countOf(row.stored_messages),
    inactiveMessages: countOf(row.inactive_messages),
  });
}

/** The names of all facts. */
export const FACT_NAMES = Object.keys(toSessionFact({})) as readonly (keyof SessionFact)[];

/** Whether two readings of a session agree in everything. */
export function isSameFact(a: SessionFact, b: SessionFact): boolean {
  return FACT_NAMES.every((name) => a[name] === b[name]);
}
