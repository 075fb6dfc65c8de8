import Sqlite, { type Database } from 'better-sqlite3';
import type { HistoryMoment, Layout } from '../../src/stores/hermes/file/layout.js';
import { runRowChanges } from '../../src/stores/hermes/file/row-change.js';
import { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import { addingMessages, trigramBalance } from '../../src/stores/hermes/write/trigram-balance.js';

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
    db.exec('CREATE VIRTUAL TABLE messages_fts USING fts5(content)');
    const tables = db.prepare<[], string>('SELECT name FROM sqlite_schema').pluck().all();
    layout = { tables: new Set(tables) };
  });

  afterEach(() => {
    db.close();
  });

  /** @param indexed what an older SQLite has put into the index. */
  function add(id: number, content: string | Buffer, indexed: string): void {
    db.prepare("INSERT INTO messages VALUES (?, 's', ?)").run(id, content);
    db.prepare('INSERT INTO messages_fts (rowid, content) VALUES (?, ?)').run(id, content);
    db.prepare('INSERT INTO messages_fts_trigram (rowid, content) VALUES (?, ?)').run(id, indexed);
  }

  function expectNothingLeft(): void {
    db.exec("INSERT INTO messages_fts_trigram(messages_fts_trigram, rank) VALUES ('integrity-check', 1)");
    // The totals of tokens by which it ranks, which no check looks at: nothing is left of any.
    expect(db.prepare('SELECT block FROM messages_fts_trigram_data WHERE id = 1').pluck().get()).toEqual(
      Buffer.alloc(2),
    );
  }

  const moment = (): HistoryMoment => ({ reader, layout: layout as Layout });

  const balance = (): ReturnType<typeof trigramBalance> =>
    trigramBalance(moment(), { column: 'session_id', list: JSON.stringify(['s']) });

  it('is whole once what an older SQLite has indexed is deleted', () => {
    for (const [id, before] of ['', 'ab', 'Größe 😀 und mehr'].entries())
      add(id + 1, `${before}\0json:[1, 2, 3]`, before);
    add(10, '\0json:[4]', '\0json:[4]');
    add(12, Buffer.from('ab\0bytes'), 'ab');
    add(11, 'Plain text', 'Plain text');
    const changes = balance();
    expect(new Set(changes.flatMap(({ parameters }) => parameters))).toEqual(new Set(['1', '2', '3', '12']));
    runRowChanges(reader, changes);
    const remove = columns.includes("content='messages'")
      ? "INSERT INTO messages_fts_trigram(messages_fts_trigram, rowid, content) SELECT 'delete', id, content FROM messages"
      : 'DELETE FROM messages_fts_trigram';
    db.exec(`${remove}; DELETE FROM messages`);
    expectNothingLeft();
  });

  /** Deletes all messages, and takes out of the index what an SQLite does that stops at NUL. */
  function deleteAsOlder(): void {
    if (columns.includes("content='messages'"))
      db.exec(`INSERT INTO messages_fts_trigram(messages_fts_trigram, rowid, content)
        SELECT 'delete', id, substr(content, 1, length(content)) FROM messages`);
    else {
      db.unsafeMode(true);
      db.exec('UPDATE messages_fts_trigram_content SET c0 = substr(c0, 1, length(c0))');
      db.unsafeMode(false);
      db.exec('DELETE FROM messages_fts_trigram');
    }
    db.exec('DELETE FROM messages');
  }

  it('is whole once an older SQLite deletes what was added beside what it had indexed', () => {
    add(1, '\0json:["of Hermes"]', '');
    addingMessages(moment(), () => {
      for (const [at, before] of ['', 'ab', 'Größe 😀 und mehr'].entries()) {
        const content = `${before}\0json:["of this server ${at}"]`;
        add(at + 2, content, content);
      }
      add(9, 'Plain text', 'Plain text');
    });
    if (!columns.includes("content='messages'"))
      expect(db.prepare('SELECT c0 FROM messages_fts_trigram_content WHERE id = 2').pluck().get()).toBe(
        '\0json:["of this server 0"]',
      );
    deleteAsOlder();
    expectNothingLeft();
  });

  it.each([
    ['indexes all of a text', '\0json:["of Hermes"]'],
    ['has no such message', undefined],
  ])('has all of what is added where Hermes %s', (_case, indexed) => {
    if (indexed !== undefined) add(1, indexed, indexed);
    const content = '\0json:["of this server"]';
    addingMessages(moment(), () => {
      add(2, content, content);
    });
    const found = db
      .prepare("SELECT rowid FROM messages_fts_trigram WHERE messages_fts_trigram MATCH 'server'")
      .pluck();
    expect(found.all()).toEqual([2]);
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
