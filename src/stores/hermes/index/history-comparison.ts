import type { HistoryMoment, Layout } from '../file/layout.js';
import type { Row } from '../file/sqlite-reader.js';
import { endOfSlice, LAST_ROWID, rowidOf } from '../file/rowids.js';
import { countOf, instantSql } from '../file/values.js';
import { messageColumn } from '../transcript/transcript-sql.js';
import { differsSql, HAS_ID_SQL, rowFactColumns } from './session-fact.js';

/** Rowids of sessions that differ from the index or are gone, and the rowid to continue after; null at the end. */
export interface ComparedRows {
  readonly changed: readonly number[];
  readonly removed: readonly number[];
  readonly next: number | null;
}

/** Rowids of sessions whose messages differ from the index, and the id to continue after; null at the end. */
export interface ComparedMessages {
  readonly changed: readonly number[];
  readonly next: string | null;
}

/** Sessions whose messages are compared per batch: the lock is held for some milliseconds. */
const MESSAGE_SLICE = 2000;

/**
 * Finds where a history differs from its index; one connection sees both. Looking at every row takes tens of milliseconds on a large history, so it
 * happens on a separate thread.
 */
export class HistoryComparison {
  readonly #differs: string;

  constructor(private readonly history: HistoryMoment) {
    this.#differs = differsSql(rowFactColumns(history.layout));
  }

  /** Session rows that were added, changed or removed, among the `limit` rows after `afterRowid`. */
  compareRows(afterRowid: number, limit: number): ComparedRows {
    const { reader } = this.history;
    return reader.turns.take(() => {
      const next = endOfSlice(reader, afterRowid, limit);
      const range = [afterRowid, next ?? LAST_ROWID] as const;
      const differing = reader.all(
        `SELECT s.rowid AS session_rowid, k.session_rowid AS known_rowid, ${HAS_ID_SQL} AS has_id
          FROM sessions s LEFT JOIN known_sessions k ON k.session_rowid = s.rowid
          WHERE s.rowid > ? AND s.rowid <= ? AND (k.session_rowid IS NULL OR ${this.#differs})`,
        ...range,
      );
      const added = differing.filter((row) => row.known_rowid === null);
      const changed = differing
        .filter((row) => row.has_id === 1)
        .map(({ session_rowid: rowid }) => rowidOf(rowid));
      return { changed, removed: this.#removed(range, added.length, differing), next };
    });
  }

  /** Rowids of known sessions that are gone or no longer have a usable id. Looking for them is slow, so rows are counted first. */
  #removed(range: readonly [number, number], added: number, differing: readonly Row[]): readonly number[] {
    const counts = this.history.reader.get(
      `SELECT (SELECT count(*) FROM sessions s WHERE s.rowid > ? AND s.rowid <= ?) AS present,
        (SELECT count(*) FROM known_sessions k WHERE k.session_rowid > ? AND k.session_rowid <= ?) AS known`,
      ...range,
      ...range,
    );
    if (countOf(counts?.known) === countOf(counts?.present) - added) {
      const nameless = differing.filter((row) => row.known_rowid !== null && row.has_id !== 1);
      return nameless.map(({ session_rowid: rowid }) => rowidOf(rowid));
    }
    return this.#rowids(
      `SELECT k.session_rowid FROM known_sessions k WHERE k.session_rowid > ? AND k.session_rowid <= ?
        AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.rowid = k.session_rowid AND ${HAS_ID_SQL})`,
      ...range,
    );
  }

  /** Sessions with messages that were added, rewound, redated or removed, in the slice of ids after `from`. */
  compareMessages(from: string): ComparedMessages {
    const { until, bounds, range } = this.#slice(from);
    const inactive = this.history.layout.activeIsIndexed ? 'm.active = 0' : '0';
    const changed = this.#rowids(
      `SELECT k.session_rowid FROM known_sessions k LEFT JOIN (
          SELECT m.session_id, max(${instantSql('m.timestamp')}) AS newest, count(*) AS stored, sum(${inactive}) AS inactive
          FROM messages m WHERE ${range('m.session_id')} GROUP BY m.session_id
        ) c ON c.session_id = k.id
        WHERE ${range('k.id')} AND (k.stored_messages IS NOT coalesce(c.stored, 0)
          OR k.inactive_messages IS NOT coalesce(c.inactive, 0) OR k.newest_message_at IS NOT c.newest)`,
      ...bounds,
      ...bounds,
    );
    return { changed, next: until };
  }

  /**
   * Sessions with messages that the index attributes to other sessions or takes for rewound, in the slice of ids after `from`. When another history
   * was restored into the file, its messages reuse the ids of the lost one's.
   */
  compareOwners(from: string): ComparedMessages {
    const { until, bounds, range } = this.#slice(from);
    const changed = this.#rowids(
      `SELECT DISTINCT k.session_rowid FROM known_sessions k CROSS JOIN messages m ON m.session_id = k.id
        LEFT JOIN known_messages o ON o.id = m.id
        WHERE ${range('k.id')} AND o.session IS NOT CASE WHEN ${findableSql(this.history.layout)} THEN k.number ELSE -k.number END`,
      ...bounds,
    );
    return { changed, next: until };
  }

  /** A slice of session ids after `from`: its last id, null at the end; and a condition on a column, with its parameters. */
  #slice(from: string): {
    readonly until: string | null;
    readonly bounds: readonly string[];
    readonly range: (column: string) => string;
  } {
    const until = this.#sliceEnd(from);
    return until === null
      ? { until, bounds: [from], range: (column) => `${column} > ?` }
      : { until, bounds: [from, until], range: (column) => `${column} > ? AND ${column} <= ?` };
  }

  /** The last id of the slice that begins after `from`; null for the last slice. */
  #sliceEnd(from: string): string | null {
    const end = this.history.reader.value(
      'SELECT id FROM known_sessions WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?',
      from,
      MESSAGE_SLICE,
    );
    return typeof end === 'string' ? end : null;
  }

  #rowids(sql: string, ...parameters: readonly (number | string)[]): readonly number[] {
    return this.history.reader.all(sql, ...parameters).map((row) => rowidOf(row.session_rowid));
  }
}

/**
 * Selects the messages of a session, and whether a search may find each, which it may not if the message was rewound. Reads the row itself only for
 * inactive messages; for the others an index has the answer.
 */
export function messagesOfSessionSql(layout: Layout): string {
  return `SELECT m.id, ${findableSql(layout)} AS findable FROM messages m WHERE m.session_id = ?`;
}

/** Selects the rowids of the sessions in a range, each with two JSON arrays of message ids: those that a search may find, and the rewound ones. */
export function messagesBySessionSql(layout: Layout): string {
  const findable = findableSql(layout);
  return `SELECT s.rowid, json_group_array(m.id) FILTER (WHERE ${findable}), json_group_array(m.id) FILTER (WHERE NOT ${findable})
    FROM sessions s CROSS JOIN messages m ON m.session_id = s.id WHERE s.rowid > ? AND s.rowid <= ? GROUP BY s.rowid`;
}

/** SQL for whether a search may find `messages m`; always 1 if only the wide row itself could tell. */
export function findableSql(layout: Layout): string {
  if (!layout.activeIsIndexed) return '1';
  return `CASE WHEN coalesce(m.active, 1) <> 0 THEN 1
    ELSE (SELECT coalesce(${messageColumn(layout, 'compacted', 'c')}, 0) <> 0 FROM messages c WHERE c.id = m.id) END`;
}
