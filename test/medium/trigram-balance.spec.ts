import Sqlite, { type Database } from 'better-sqlite3';
import type { Layout } from '../../src/stores/hermes/file/layout.js';
import { runRowChanges } from '../../src/stores/hermes/file/row-change.js';
import { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import { trigramBalance } from '../../src/stores/hermes/write/trigram-balance.js';

const MEBIBYTE = 1024 * 1024;

/** Columns of the index beside its text, as Hermes has had it: with a copy of its own, and without. */
const INDEXES = [
  ['with its own copy', "content, tokenize='trigram'"],
  ['without a copy', "content, content='messages', content_rowid='id', tokenize='trigram'"],
] as const;

describe.each(INDEXES)('the trigram index %s', (_name, columns) => {
  let db: Database;
  let reader: SqliteReader;
  let layout: Pick<Layout, 'tables'>;

  beforeEach(() => {
    db = new Sqlite(':memory:');
    reader = new SqliteReader(db);
    db.exec('CREATE TABLE messages (id INTEGER PRIMARY KEY, session_id TEXT, content TEXT)');
    db.exec(`CREATE VIRTUAL TABLE messages_fts_trigram USING fts5(${columns})`);
    const tables = db.prepare<[], string>('SELECT name FROM sqlite_schema').pluck().all();
    layout = { tables: new Set(tables) };
  });

  afterEach(() => {
    db.close();
  });

  /** @param indexed what an older SQLite has put into the index. */
  function add(id: number, content: string, indexed: string): void {
    db.prepare("INSERT INTO messages VALUES (?, 's', ?)").run(id, content);
    db.prepare('INSERT INTO messages_fts_trigram (rowid, content) VALUES (?, ?)').run(id, indexed);
  }

  const balance = (): ReturnType<typeof trigramBalance> =>
    trigramBalance({ reader, layout: layout as Layout }, JSON.stringify(['s']));

  it('is whole once what an older SQLite has indexed is deleted', () => {
    for (const [id, before] of ['', 'ab', 'Größe 😀 und mehr'].entries())
      add(id + 1, `${before}\0json:[1, 2, 3]`, before);
    add(10, '\0json:[4]', '\0json:[4]');
    add(11, 'Plain text', 'Plain text');
    const changes = balance();
    expect(new Set(changes.flatMap(({ parameters }) => parameters))).toEqual(new Set([1, 2, 3]));
    runRowChanges(reader, changes);
    const remove = columns.includes("content='messages'")
      ? "INSERT INTO messages_fts_trigram(messages_fts_trigram, rowid, content) SELECT 'delete', id, content FROM messages"
      : 'DELETE FROM messages_fts_trigram';
    db.exec(`${remove}; DELETE FROM messages`);
    db.exec("INSERT INTO messages_fts_trigram(messages_fts_trigram, rank) VALUES ('integrity-check', 1)");
    // The totals of tokens by which it ranks, which no check looks at: nothing is left of any.
    expect(db.prepare('SELECT block FROM messages_fts_trigram_data WHERE id = 1').pluck().get()).toEqual(
      Buffer.alloc(2),
    );
  });

  it('is looked at without a copy of all pictures in memory', () => {
    db.exec(`INSERT INTO messages WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 30)
      SELECT id, 's', char(0) || hex(zeroblob(${2 * MEBIBYTE})) FROM n`);
    db.exec(
      "INSERT INTO messages_fts_trigram (rowid, content) SELECT id, 'More than before it' FROM messages",
    );
    const before = process.memoryUsage().heapUsed;
    expect(balance()).toEqual([]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30 * MEBIBYTE);
  });
});
