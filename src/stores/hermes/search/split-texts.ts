import Sqlite, { type Database, type Statement } from 'better-sqlite3';

/** A table that keeps nothing of texts but their words, made by the tokenizer of Hermes's index. */
const TABLES = `CREATE VIRTUAL TABLE texts USING fts5(text, content = '', detail = none);
  CREATE VIRTUAL TABLE words USING fts5vocab(texts, row)`;

/** Has SQLite split texts into the words that an index has of them: which characters it takes for letters, nothing else tells so well. */
export class SplitTexts {
  #made: Tables | undefined;

  add(text: string): void {
    const { db, add } = this.#tables;
    // Each text by itself would be merged with those before it.
    if (!db.inTransaction) db.exec('BEGIN');
    add.run(text);
  }

  /** The different words of what was added since the last time. */
  take(): readonly string[] {
    if (this.#made?.db.inTransaction !== true) return [];
    const { db, words } = this.#made;
    try {
      return words.all();
    } finally {
      db.exec('ROLLBACK');
    }
  }

  /** Most searches have nothing new to read. */
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
