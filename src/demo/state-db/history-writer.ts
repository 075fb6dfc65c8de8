import { chmodSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { schemaSql, type SchemaVersion } from './schema.js';

type SqlValue = string | number | null;

/** A session row to write; columns that the version lacks are omitted. Times are epoch seconds. */
export interface NewSession {
  readonly id: string;
  readonly source: string;
  readonly started_at: number | string;
  readonly [column: string]: SqlValue;
}

/** A message row to write. Times are epoch seconds. */
export interface NewMessage {
  readonly session_id: string;
  readonly role: string;
  readonly timestamp: number | string;
  readonly [column: string]: SqlValue;
}

/** Writes a history file in Hermes's layout. */
export class HistoryWriter {
  readonly #sessionColumns: ReadonlySet<string>;
  readonly #messageColumns: ReadonlySet<string>;
  /** Cached by SQL: the triggers on messages make preparing expensive. */
  readonly #statements = new Map<string, Sqlite.Statement>();

  private constructor(readonly db: Sqlite.Database) {
    this.#sessionColumns = columnsOf(db, 'sessions');
    this.#messageColumns = columnsOf(db, 'messages');
  }

  /** Creates a new, empty history. */
  static create(path: string, version: SchemaVersion, journalMode: 'wal' | 'delete' = 'wal'): HistoryWriter {
    const db = new Sqlite(path);
    // As Hermes does, so that only the owner can read it.
    chmodSync(path, 0o600);
    db.pragma(`journal_mode = ${journalMode}`);
    db.exec(schemaSql(version));
    return new HistoryWriter(db);
  }

  /** Opens an existing history, like an agent beside the server. */
  static open(path: string): HistoryWriter {
    const db = new Sqlite(path, { fileMustExist: true, timeout: 5000 });
    // The driver enables foreign keys; Hermes leaves them off.
    db.pragma('foreign_keys = OFF');
    return new HistoryWriter(db);
  }

  /** Runs all writes in one transaction. */
  together(write: () => void): void {
    this.db.transaction(write).immediate();
  }

  addSession(session: NewSession): void {
    this.#insert('sessions', this.#sessionColumns, session);
  }

  /**
   * Writes a message and counts it in its session.
   * @returns its id.
   */
  addMessage(message: NewMessage): number {
    const id = this.#insert('messages', this.#messageColumns, message);
    this.#prepare(
      `UPDATE sessions SET message_count = message_count + 1, tool_call_count = tool_call_count + ? WHERE id = ?`,
    ).run(typeof message.tool_calls === 'string' ? 1 : 0, message.session_id);
    return id;
  }

  close(): void {
    this.db.close();
  }

  #insert(table: string, known: ReadonlySet<string>, row: Readonly<Record<string, SqlValue>>): number {
    const columns = Object.keys(row).filter((column) => known.has(column));
    const values = columns.map((column) => row[column] ?? null);
    const marks = columns.map(() => '?').join(', ');
    const { lastInsertRowid } = this.#prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`,
    ).run(...values);
    return Number(lastInsertRowid);
  }

  #prepare(sql: string): Sqlite.Statement {
    const statement = this.#statements.get(sql) ?? this.db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function columnsOf(db: Sqlite.Database, table: string): ReadonlySet<string> {
  const rows = db.prepare<[], { name: string }>(`SELECT name FROM pragma_table_info('${table}')`).all();
  return new Set(rows.map((row) => row.name));
}
