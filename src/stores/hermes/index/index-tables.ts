import type { Layout } from '../file/layout.js';
import { instantSql } from '../file/values.js';
import { lineageColumns, newestMessageSql, sessionColumn, sessionFlag } from '../lineage/session-columns.js';

/**
 * The index: temporary tables of the read-only connection. SQLite keeps them in memory, no other
 * connection sees them, and they are gone when the connection closes, so they can never be stale.
 *
 * `session_facts` has one row for each session row, `conversations` one for each entry of the list.
 * Both can be listed, so both name alike what the list filters and sorts by. Unknown times are -1 in the
 * columns that the list sorts by, since keyset paging cannot compare NULL.
 */
export const INDEX_TABLES = `
  CREATE TEMP TABLE index_state (
    data_version INTEGER NOT NULL,
    newest_message_id INTEGER NOT NULL,
    message_count INTEGER NOT NULL
  );
  CREATE TEMP TABLE session_facts (
    session_rowid INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    parent_session_id TEXT,
    platform TEXT,
    started_at REAL,
    ended_at REAL,
    end_reason TEXT,
    session_key TEXT,
    markers INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    user_id TEXT,
    model TEXT,
    title TEXT,
    archived INTEGER NOT NULL,
    heartbeat_at REAL,
    newest_message_at REAL,
    folded_title TEXT,
    root_rowid INTEGER,
    is_entry INTEGER NOT NULL DEFAULT 0,
    started_order REAL GENERATED ALWAYS AS (coalesce(started_at, -1)) STORED,
    last_active_at REAL GENERATED ALWAYS AS (
      coalesce(max(coalesce(newest_message_at, heartbeat_at), coalesce(heartbeat_at, newest_message_at)), started_at, -1)
    ) STORED
  );
  CREATE UNIQUE INDEX temp.session_facts_id ON session_facts(id);
  CREATE INDEX temp.session_facts_parent ON session_facts(parent_session_id) WHERE parent_session_id IS NOT NULL;
  CREATE INDEX temp.session_facts_title ON session_facts(title) WHERE title IS NOT NULL;
  CREATE INDEX temp.session_facts_root ON session_facts(root_rowid);
  CREATE INDEX temp.session_facts_kept_out ON session_facts(is_entry, archived);
  CREATE INDEX temp.session_facts_active ON session_facts(last_active_at, started_order, id);
  CREATE INDEX temp.session_facts_started ON session_facts(started_order, id);
  CREATE TEMP TABLE conversations (
    root_rowid INTEGER PRIMARY KEY,
    session_rowid INTEGER NOT NULL,
    id TEXT NOT NULL,
    platform TEXT,
    user_id TEXT,
    model TEXT,
    archived INTEGER NOT NULL,
    started_order REAL NOT NULL,
    last_active_at REAL NOT NULL,
    chain_length INTEGER NOT NULL
  );
  CREATE INDEX temp.conversations_active ON conversations(archived, last_active_at, started_order, id);
  CREATE INDEX temp.conversations_started ON conversations(archived, started_order, id);
  CREATE TEMP TABLE search_hits (
    session_rowid INTEGER PRIMARY KEY,
    message_id INTEGER,
    rank REAL,
    title_matches INTEGER NOT NULL DEFAULT 0
  );
  CREATE TEMP TABLE search_matches (
    entry_rowid INTEGER PRIMARY KEY,
    message_id INTEGER,
    score REAL NOT NULL
  );
`;

export const DROP_INDEX_TABLES = `
  DROP TABLE IF EXISTS temp.index_state;
  DROP TABLE IF EXISTS temp.session_facts;
  DROP TABLE IF EXISTS temp.conversations;
  DROP TABLE IF EXISTS temp.search_hits;
  DROP TABLE IF EXISTS temp.search_matches;
`;

/** The facts that stand in a session row itself: pairs of column of `session_facts` and SQL over `sessions s`. */
function rowFacts(layout: Layout): readonly (readonly [name: string, expression: string])[] {
  return [
    ...lineageColumns(layout),
    ['user_id', 's.user_id'],
    ['model', 's.model'],
    ['title', 's.title'],
    ['archived', sessionFlag(layout, 'archived')],
    ['heartbeat_at', instantSql(sessionColumn(layout, 'last_activity_at'))],
  ];
}

/** The statements that keep `session_facts` equal to `sessions`. */
export interface FactStatements {
  /** Writes the facts of the rows with rowid from ?1 up to, without, ?2. */
  readonly insertRange: string;
  /** Rowids of session rows whose facts are missing or no longer true. */
  readonly changed: string;
  /** Writes the facts of the row with rowid ?1. */
  readonly upsert: string;
  /** Sets `newest_message_at` anew wherever it is no longer true, giving the rowids. */
  readonly correctNewestMessages: string;
}

/** Builds the statements for the columns that a file has. */
export function factStatements(layout: Layout): FactStatements {
  const facts = rowFacts(layout);
  const names = facts.map(([name]) => name).join(', ');
  const expressions = facts.map(([, expression]) => expression).join(', ');
  const insert = `INSERT OR REPLACE INTO temp.session_facts (session_rowid, ${names}, newest_message_at, folded_title)
    SELECT s.rowid, ${expressions}, ${newestMessageSql('s.id')}, fold_case(s.title) FROM sessions s`;
  // A primary key of type TEXT still accepts NULL and blobs; nobody could ask for such a row.
  const hasId = "typeof(s.id) = 'text'";
  const differences = facts.map(([name, expression]) => `f.${name} IS NOT (${expression})`).join(' OR ');
  return {
    insertRange: `${insert} WHERE s.rowid >= ? AND s.rowid < ? AND ${hasId}`,
    upsert: `${insert} WHERE s.rowid = ?`,
    changed: `SELECT s.rowid AS session_rowid FROM sessions s
      LEFT JOIN temp.session_facts f ON f.session_rowid = s.rowid
      WHERE ${hasId} AND (f.session_rowid IS NULL OR ${differences})`,
    correctNewestMessages: `UPDATE temp.session_facts AS f SET newest_message_at = ${newestMessageSql('f.id')}
      WHERE f.newest_message_at IS NOT ${newestMessageSql('f.id')} RETURNING session_rowid`,
  };
}
