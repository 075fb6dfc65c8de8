import { statSync } from 'node:fs';
import { SPILL_LATE, type WritingAnswer, type WritingOrder } from './writing-messages.js';
import { WRITING } from '../waits.js';

// This process must not load the server's driver: two copies of SQLite in one process drop each other's locks.

/** The parts of Node's own SQLite that are used here (https://nodejs.org/api/sqlite.html). */
interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): {
    run(...parameters: readonly (string | number)[]): unknown;
    get(): Readonly<Record<string, unknown>> | undefined;
  };
  loadExtension(path: string): void;
  close(): void;
}

interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: object) => NodeDatabase;
}

/** Like Hermes's own connections; without defensive mode, so that FTS5's own tables can be changed. */
const OPTIONS = { enableForeignKeyConstraints: false, allowExtension: true, defensive: false };

let db: NodeDatabase | undefined;

function obey(order: WritingOrder): WritingAnswer {
  if (order.kind === 'begin') return begin(order);
  if (db === undefined) throw new Error('Nothing was begun.');
  for (const { sql, parameters } of order.changes) db.prepare(sql).run(...parameters);
  db.exec(`PRAGMA busy_timeout = ${WRITING.commitElsewhere}`);
  db.exec('COMMIT');
  return { kind: 'committed' };
}

function begin({ path, tokenizer }: Extract<WritingOrder, { kind: 'begin' }>): WritingAnswer {
  const sqlite = process.getBuiltinModule('node:sqlite') as unknown as NodeSqlite;
  if (!indexesBehindNul(sqlite)) throw new Error('This SQLite has another trigram tokenizer.');
  db?.close();
  db = new sqlite.DatabaseSync(path, OPTIONS);
  db.exec(SPILL_LATE);
  if (tokenizer !== undefined) db.loadExtension(tokenizer);
  db.exec(`PRAGMA busy_timeout = ${WRITING.begin}`);
  db.exec('BEGIN IMMEDIATE');
  const { dev: device, ino: inode } = statSync(path);
  return { kind: 'begun', device, inode };
}

/** Whether the trigram tokenizer continues after NUL, like the driver's, for which the changes were planned. */
function indexesBehindNul({ DatabaseSync }: NodeSqlite): boolean {
  const memory = new DatabaseSync(':memory:', {});
  memory.exec("CREATE VIRTUAL TABLE t USING fts5(text, tokenize = 'trigram')");
  memory.prepare('INSERT INTO t VALUES (?)').run('abc\u0000def');
  return memory.prepare("SELECT sz = x'04' AS is_so FROM t_docsize").get()?.is_so === 1;
}

function failed(error: unknown): WritingAnswer {
  const code =
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
      ? error.errcode
      : undefined;
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error), code };
}

process.on('message', (order: WritingOrder) => {
  try {
    process.send?.(obey(order));
  } catch (error) {
    process.send?.(failed(error));
  }
});

// Without the server there are no more orders; an open transaction is rolled back.
process.on('disconnect', () => process.exit());
