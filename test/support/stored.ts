import Sqlite from 'better-sqlite3';

/** The stored row of a session. */
export function storedRow(stateDb: string, id: string): Readonly<Record<string, unknown>> {
  const db = new Sqlite(stateDb, { readonly: true });
  try {
    return db.prepare('SELECT * FROM sessions WHERE id = ?').get(id) as Readonly<Record<string, unknown>>;
  } finally {
    db.close();
  }
}

/** Whether a file has full-text indexes (each is checked against its messages), and SQLite's verdict on the file. */
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

/** All conversation data of a file, except the ids of messages, which depend on the order of writing. */
export interface WholeRows {
  readonly sessions: readonly StoredRow[];
  /** Sorted by session, then in order of writing. */
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
