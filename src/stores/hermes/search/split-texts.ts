import Sqlite, { type Database, type Statement } from 'better-sqlite3';

/** A table that keeps only the words of texts, split by the same tokenizer as Hermes's index. */
const TABLES = `CREATE VIRTUAL TABLE texts USING fts5(text, content = '', detail = none);
  CREATE VIRTUAL TABLE words USING fts5vocab(texts, row)`;

/** Lets SQLite split texts into words as an index does: nothing else knows as well which characters it takes for letters. */
export class SplitTexts {
  #made: Tables | undefined;

  add(text: string): void {
    const { db, add } = this.#tables;
    // Without a transaction, FTS5 would merge each text with the previous ones.
    if (!db.inTransaction) db.exec('BEGIN');
    add.run(text);
  }

  /** The distinct words of what was added since the last call. */
  take(): readonly string[] {
    if (this.#made?.db.inTransaction !== true) return [];
    const { db, words } = this.#made;
    try {
      return words.all();
    } finally {
      db.exec('ROLLBACK');
    }
  }

  /** Created on demand, since most searches have nothing new to read. */
  get #tables(): Tables {
    return (this.#made ??= makeTables());
  }
}

interface Tables {
  readonly db: Database;
  readonly add: Statement<[string]>;
  readonly words: Statement<[], string>;
}

function makeTables(): Tables {
  const db = new Sqlite(':memory:');
  db.exec(TABLES);
  const words = db.prepare<[], string>('SELECT term FROM words').pluck();
  return { db, add: db.prepare('INSERT INTO texts (text) VALUES (?)'), words };
}
