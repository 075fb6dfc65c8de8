import Sqlite from 'better-sqlite3';

/** The row of a session as it is stored. */
export function storedRow(stateDb: string, id: string): Readonly<Record<string, unknown>> {
  const db = new Sqlite(stateDb, { readonly: true });
  try {
    return db.prepare('SELECT * FROM sessions WHERE id = ?').get(id) as Readonly<Record<string, unknown>>;
  } finally {
    db.close();
  }
}

/** Whether a file has full-text indexes, each of which agrees with its messages, and what SQLite says of the file. */
export function integrityOf(stateDb: string): readonly unknown[] {
  const db = new Sqlite(stateDb);
  const indexes = db
    .prepare<[], string>("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'")
    .pluck()
    .all();
  for (const index of indexes)
    db.prepare(`INSERT INTO ${index}(${index}, rank) VALUES ('integrity-check', 1)`).run();
  const verdict: unknown = db.pragma('integrity_check', { simple: true });
  db.close();
  return [indexes.length > 0, verdict];
}

type StoredRow = Readonly<Record<string, unknown>>;

/** All that a file has of conversations, but for the numbers of its messages, which say in which order they were written. */
export interface WholeRows {
  readonly sessions: readonly StoredRow[];
  /** By session, each in its order. */
  readonly messages: readonly StoredRow[];
}

export function wholeRows(stateDb: string): WholeRows {
  const db = new Sqlite(stateDb, { readonly: true });
  try {
    const sessions = db.prepare<[], StoredRow>('SELECT * FROM sessions ORDER BY id').all();
    const messages = db.prepare<[], StoredRow>('SELECT * FROM messages ORDER BY session_id, id').all();
    return { sessions, messages: messages.map(({ id: _number, ...message }) => message) };
  } finally {
    db.close();
  }
}
