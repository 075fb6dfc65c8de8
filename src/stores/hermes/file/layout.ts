import type { Database } from 'better-sqlite3';
import { readSearchCoverage, type SearchCoverage } from './search-coverage.js';
import type { SqliteReader } from './sqlite-reader.js';
import { countOf } from './values.js';

/**
 * What a state.db contains. Hermes's schema has grown for 30 versions, so nothing is assumed: every column, table and trigger that a query needs is
 * looked up here first, once per opening of the file.
 */
export interface Layout {
  /** The number in `schema_version`; null if the table is empty or damaged. */
  readonly schemaVersion: number | null;
  readonly tables: ReadonlySet<string>;
  readonly sessionColumns: ReadonlySet<string>;
  readonly messageColumns: ReadonlySet<string>;
  /** Whether an index tells which messages of a session are inactive, which spares reading wide rows. */
  readonly activeIsIndexed: boolean;
  /** Whether an index finds all rows of one message by the id that its copies share, in newer versions. */
  readonly uidIsIndexed: boolean;
  /** The smallest index that covers all session rows: by parent, since nearly none has one. */
  readonly narrowSessionIndex: string | undefined;
  /** Events on messages for which triggers update each full-text index, by index name. Without one of them, the index becomes stale. */
  readonly indexTriggers: ReadonlyMap<string, ReadonlySet<TriggerEvent>>;
  readonly coverage: SearchCoverage;
  /** References that prevent the deletion of sessions, in newer versions. */
  readonly ledgers: readonly Ledger[];
  /** Whether triggers on messages write to an index whose tokenizer is Hermes's own extension. */
  readonly needsCjkTokenizer: boolean;
}

/** A column of a Hermes table. The sessions that it names must not be deleted until Hermes itself has settled and retired them. */
interface Ledger {
  readonly table: string;
  readonly column: string;
}

/** A history as one connection reads it. */
export interface HistoryMoment<Reader extends SqliteReader = SqliteReader> {
  readonly reader: Reader;
  readonly layout: Layout;
}

/** The event that fires a trigger. */
type TriggerEvent = 'INSERT' | 'DELETE' | 'UPDATE';

/** Reads the layout of an open state.db. */
export function readLayout(db: Database): Layout {
  const tables = new Set(names(db, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"));
  return {
    schemaVersion: readSchemaVersion(db, tables),
    tables,
    sessionColumns: columnsOf(db, 'sessions'),
    messageColumns: columnsOf(db, 'messages'),
    activeIsIndexed: hasMessageIndex(db, 'active', 'partial = 0'),
    // A partial index without NULLs is enough, since an equality never matches NULL.
    uidIsIndexed: hasMessageIndex(db, 'message_uid', '1'),
    narrowSessionIndex: narrowSessionIndex(db),
    indexTriggers: readIndexTriggers(db),
    coverage: readSearchCoverage(db),
    ledgers: readLedgers(db),
    needsCjkTokenizer: hasCjkTriggers(db),
  };
}

/** Whether a file has what every version of Hermes has. */
export function isHermesLayout(layout: Layout): boolean {
  return layout.sessionColumns.has('source') && layout.messageColumns.has('session_id');
}

/**
 * The highest id that a message ever had. SQLite never reuses ids of messages (https://sqlite.org/autoinc.html), so it decreases only when the owner
 * restores an older history into the file.
 */
export function highestMessageId({ reader, layout }: HistoryMoment): number {
  if (!layout.tables.has('sqlite_sequence')) return 0;
  return countOf(reader.value("SELECT seq FROM main.sqlite_sequence WHERE name = 'messages'"));
}

/**
 * The ledgers of a file, in which Hermes's gateway records what it runs. They are recognized by `ON DELETE RESTRICT`, which SQLite does not enforce
 * in a connection without foreign keys.
 */
function readLedgers(db: Database): readonly Ledger[] {
  return db
    .prepare<[], Ledger>(
      `SELECT t.name AS "table", f."from" AS "column" FROM sqlite_master t CROSS JOIN pragma_foreign_key_list(t.name) f
        WHERE t.type = 'table' AND f."table" = 'sessions' COLLATE NOCASE AND f.on_delete = 'RESTRICT'`,
    )
    .all();
}

function readSchemaVersion(db: Database, tables: ReadonlySet<string>): number | null {
  if (!tables.has('schema_version')) return null;
  const version: unknown = db.prepare('SELECT max(version) FROM schema_version').pluck().get();
  return typeof version === 'number' && Number.isInteger(version) && Math.abs(version) <= LARGEST_VERSION
    ? version
    : null;
}

/** The largest 32-bit integer: other consumers of the version accept no larger number, and no version of Hermes is larger. */
const LARGEST_VERSION = 2 ** 31 - 1;

function columnsOf(db: Database, table: 'sessions' | 'messages'): ReadonlySet<string> {
  return new Set(names(db, `SELECT name FROM pragma_table_info('${table}', 'main')`));
}

function readIndexTriggers(db: Database): ReadonlyMap<string, ReadonlySet<TriggerEvent>> {
  const definitions = db
    .prepare<[], string>("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'messages'")
    .pluck()
    .all();
  const events = new Map<string, Set<TriggerEvent>>();
  for (const sql of definitions) {
    const event = /\b(INSERT|DELETE|UPDATE)\b(?=[^;]*?\bON\b)/i.exec(sql)?.[1]?.toUpperCase();
    if (event !== 'INSERT' && event !== 'DELETE' && event !== 'UPDATE') continue;
    for (const [table] of sql.matchAll(/\bmessages_fts\w*(?=\s*\(|\s+WHERE\b)/gi))
      events.set(table, (events.get(table) ?? new Set()).add(event));
  }
  return events;
}

function hasCjkTriggers(db: Database): boolean {
  const triggers: unknown = db
    .prepare(
      "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'messages' AND instr(sql, 'messages_fts_cjk') > 0",
    )
    .pluck()
    .get();
  return triggers !== 0;
}

/** Whether an index finds the messages of a session by a column. */
function hasMessageIndex(db: Database, column: string, condition: string): boolean {
  return names(db, `SELECT name FROM pragma_index_list('messages', 'main') WHERE ${condition}`).some(
    (index) => {
      const [first, second] = indexedColumns(db, index);
      return first === 'session_id' && second === column;
    },
  );
}

function narrowSessionIndex(db: Database): string | undefined {
  return names(db, "SELECT name FROM pragma_index_list('sessions', 'main') WHERE partial = 0").find(
    (index) => {
      const [first, second] = indexedColumns(db, index);
      return first === 'parent_session_id' && second === undefined;
    },
  );
}

function indexedColumns(db: Database, index: string): readonly string[] {
  return names(db, `SELECT name FROM pragma_index_info('${index.replaceAll("'", "''")}', 'main')`);
}

function names(db: Database, sql: string): readonly string[] {
  return db
    .prepare<[], { name: string }>(sql)
    .all()
    .map((row) => row.name);
}
