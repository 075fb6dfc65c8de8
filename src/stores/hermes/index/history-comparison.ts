import type { Database } from 'better-sqlite3';
import type { Layout } from '../file/layout.js';
import { SqliteReader } from '../file/sqlite-reader.js';
import { countOf, instantSql, requiredText } from '../file/values.js';
import { messageColumn } from '../transcript/transcript-sql.js';
import { sessionColumn } from '../lineage/session-columns.js';
import {
  HAS_ID_SQL,
  messageFactColumns,
  rowFactColumns,
  toSessionFact,
  type SessionFact,
} from './session-fact.js';

/** Facts of some sessions with the ids of their messages. */
export interface FactSlice {
  readonly facts: readonly SessionFact[];
  /** Messages of all of them, one session after the other; negative where a search may not find the message. */
  readonly messageIds: Float64Array;
  /** How many messages each of them has. */
  readonly messageCounts: Int32Array;
}

/** Rowids of sessions that are not as they were when they were last compared, or gone, and where to go on; null at the end. */
export interface ComparedRows {
  readonly changed: readonly number[];
  readonly removed: readonly number[];
  readonly next: number | null;
}

/** Rowids of sessions whose messages are not as they were, and behind which id to go on; null at the end. */
export interface ComparedMessages {
  readonly changed: readonly number[];
  readonly next: string | null;
}

/** Sessions whose messages are compared in one go: some milliseconds of lock at a time. */
const MESSAGE_SLICE = 2000;

/**
 * Remembers what a history was like and tells what differs now, in temporary tables of a connection of its own.
 * Looking at every row takes tens of milliseconds on a large history, so it happens on a thread of its own.
 */
export class HistoryComparison {
  readonly #reader: SqliteReader;
  readonly #rowColumns: readonly (readonly [name: string, expression: string])[];
  readonly #messageColumns: readonly (readonly [name: string, expression: string])[];

  constructor(
    db: Database,
    private readonly layout: Layout,
  ) {
    this.#reader = new SqliteReader(db);
    // Hermes counts rewinds, as it counts messages, so that both give away what happened to the messages.
    this.#rowColumns = [...rowFactColumns(layout), ['rewind_count', sessionColumn(layout, 'rewind_count')]];
    this.#messageColumns = messageFactColumns(layout);
    const columns = [...this.#rowColumns, ...this.#messageColumns].map(([name]) => name).join(', ');
    db.exec(`CREATE TEMP TABLE known (session_rowid INTEGER PRIMARY KEY, ${columns});
      CREATE INDEX temp.known_id ON known(id);`);
  }

  close(): void {
    this.#reader.db.close();
  }

  /** Where the rows end now. */
  ends(): { readonly newestRowid: number; readonly newestMessageId: number } {
    return {
      newestRowid: countOf(this.#reader.value('SELECT max(rowid) FROM sessions')),
      newestMessageId: countOf(this.#reader.value('SELECT max(id) FROM messages')),
    };
  }

  /** Reads and remembers the sessions with the `limit` rowids that follow `afterRowid`. */
  slice(afterRowid: number, limit: number): FactSlice {
    return this.#reader.db.transaction(() => {
      const until = afterRowid + limit;
      const names = [...this.#rowColumns, ...this.#messageColumns].map(([name]) => name);
      const values = [...this.#rowColumns, ...this.#messageColumns].map(([, expression]) => expression);
      this.#reader.run(
        `INSERT OR REPLACE INTO temp.known (session_rowid, ${names.join(', ')})
          SELECT s.rowid, ${values.join(', ')} FROM sessions s WHERE s.rowid > ? AND s.rowid <= ? AND ${HAS_ID_SQL}`,
        afterRowid,
        until,
      );
      const facts = this.#reader
        .all('SELECT * FROM temp.known WHERE session_rowid > ? AND session_rowid <= ?', afterRowid, until)
        .map(toSessionFact);
      return { facts, ...this.#messagesOf(facts) };
    })();
  }

  /** Session rows that were added, changed or removed since they were last looked at, among the `limit` behind `afterRowid`. */
  compareRows(afterRowid: number, limit: number): ComparedRows {
    return this.#reader.db.transaction(() => {
      const end = this.#reader.value(
        'SELECT rowid FROM sessions WHERE rowid > ? ORDER BY rowid LIMIT 1 OFFSET ?',
        afterRowid,
        limit - 1,
      );
      const next = typeof end === 'number' ? end : null;
      const range = [afterRowid, next ?? Number.MAX_SAFE_INTEGER];
      const differences = this.#rowColumns.map(([name, expression]) => `k.${name} IS NOT (${expression})`);
      const changed = this.#rowids(
        `SELECT s.rowid AS session_rowid FROM sessions s LEFT JOIN temp.known k ON k.session_rowid = s.rowid
          WHERE s.rowid > ? AND s.rowid <= ? AND ${HAS_ID_SQL} AND (k.session_rowid IS NULL OR ${differences.join(' OR ')})`,
        ...range,
      );
      const removed = this.#rowids(
        `SELECT session_rowid FROM temp.known WHERE session_rowid > ? AND session_rowid <= ?
          AND session_rowid NOT IN (SELECT rowid FROM sessions)`,
        ...range,
      );
      for (const rowid of removed) this.#reader.run('DELETE FROM temp.known WHERE session_rowid = ?', rowid);
      for (const rowid of changed) this.#reader.run(`${this.#rememberSql()} WHERE s.rowid = ?`, rowid);
      return { changed, removed, next };
    })();
  }

  /**
   * Sessions whose messages were added, rewound, dated otherwise or removed since they were last looked at, among
   * some whose ids come behind `from`.
   */
  compareMessages(from: string): ComparedMessages {
    const until = this.#sliceEnd(from);
    return { changed: this.#compareMessagesBetween(from, until), next: until };
  }

  /** The id that ends a slice which begins behind `from`; null for the last slice. */
  #sliceEnd(from: string): string | null {
    const end = this.#reader.value(
      'SELECT id FROM temp.known WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?',
      from,
      MESSAGE_SLICE,
    );
    return typeof end === 'string' ? end : null;
  }

  #compareMessagesBetween(from: string, until: string | null): readonly number[] {
    const bounds = until === null ? [from] : [from, until];
    const range = (column: string): string =>
      until === null ? `${column} > ?` : `${column} > ? AND ${column} <= ?`;
    const rows = this.#reader.all(
      `SELECT k.session_rowid, k.id, c.newest, coalesce(c.stored, 0) AS stored, coalesce(c.inactive, 0) AS inactive
        FROM temp.known k LEFT JOIN (
          SELECT m.session_id, max(${instantSql('m.timestamp')}) AS newest, count(*) AS stored, sum(${this.#inactiveSql()}) AS inactive
          FROM messages m WHERE ${range('m.session_id')} GROUP BY m.session_id
        ) c ON c.session_id = k.id
        WHERE ${range('k.id')} AND (k.stored_messages IS NOT coalesce(c.stored, 0)
          OR k.inactive_messages IS NOT coalesce(c.inactive, 0) OR k.newest_message_at IS NOT c.newest)`,
      ...bounds,
      ...bounds,
    );
    for (const row of rows) {
      this.#reader.run(
        'UPDATE temp.known SET stored_messages = ?, inactive_messages = ?, newest_message_at = ? WHERE id = ?',
        row.stored ?? 0,
        row.inactive ?? 0,
        row.newest ?? null,
        requiredText(row, 'id'),
      );
    }
    return rows.map((row) => countOf(row.session_rowid));
  }

  #inactiveSql(): string {
    return this.layout.activeIsIndexed ? 'm.active = 0' : '0';
  }

  #rememberSql(): string {
    const names = this.#rowColumns.map(([name]) => name).join(', ');
    const expressions = this.#rowColumns.map(([, expression]) => expression).join(', ');
    const counts = this.#messageColumns.map(([name]) => name);
    const kept = counts.map((name) => `(SELECT k.${name} FROM temp.known k WHERE k.session_rowid = s.rowid)`);
    return `INSERT OR REPLACE INTO temp.known (session_rowid, ${names}, ${counts.join(', ')})
      SELECT s.rowid, ${expressions}, ${kept.join(', ')} FROM sessions s`;
  }

  #messagesOf(facts: readonly SessionFact[]): Pick<FactSlice, 'messageIds' | 'messageCounts'> {
    const { db } = this.#reader;
    const all = db.prepare<[string], number>('SELECT m.id FROM messages m WHERE m.session_id = ?').pluck();
    const told = db
      .prepare<[string], [id: number, findable: number]>(messagesOfSessionSql(this.layout))
      .raw();
    const messageIds: number[] = [];
    const messageCounts = new Int32Array(facts.length);
    facts.forEach(({ id, inactiveMessages }, at) => {
      const ids =
        inactiveMessages === 0
          ? all.all(id)
          : told.all(id).map(([message, findable]) => (findable === 0 ? -message : message));
      for (const message of ids) messageIds.push(message);
      messageCounts[at] = ids.length;
    });
    return { messageIds: Float64Array.from(messageIds), messageCounts };
  }

  #rowids(sql: string, ...parameters: readonly number[]): readonly number[] {
    return this.#reader.all(sql, ...parameters).map((row) => countOf(row.session_rowid));
  }
}

/**
 * Selects the messages of a session, and whether a search may find each: not where it was rewound.
 * Only an inactive message's own row is read; for the others an index has the answer.
 */
export function messagesOfSessionSql(layout: Layout): string {
  return `SELECT m.id, ${findableSql(layout)} AS findable FROM messages m WHERE m.session_id = ?`;
}

/** SQL for whether a search may find `messages m`; always 1 where only the wide row could tell. */
export function findableSql(layout: Layout): string {
  if (!layout.activeIsIndexed) return '1';
  return `CASE WHEN coalesce(m.active, 1) <> 0 THEN 1
    ELSE (SELECT coalesce(${messageColumn(layout, 'compacted', 'c')}, 0) <> 0 FROM messages c WHERE c.id = m.id) END`;
}
