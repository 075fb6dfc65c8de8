import { statSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { readLayout } from './layout.js';
import { runRowChanges } from './row-change.js';
import { isSqliteFailure } from './sqlite-failure.js';
import { SqliteReader } from './sqlite-reader.js';
import { openWriting, prepareTriggers } from './writing-connection.js';
import { SPILL_LATE, type WritingAnswer, type WritingOrder } from './writing-messages.js';
import { WRITING } from '../waits.js';

let writer: SqliteReader | undefined;

function obey(order: WritingOrder): WritingAnswer {
  if (order.kind === 'begin') return begin(order);
  if (writer === undefined) throw new Error('Nothing was begun.');
  runRowChanges(writer, order.changes);
  const { db } = writer;
  db.pragma(`busy_timeout = ${WRITING.commitElsewhere}`);
  db.exec('COMMIT');
  db.close();
  return { kind: 'committed' };
}

function begin({ path, tokenizer }: Extract<WritingOrder, { kind: 'begin' }>): WritingAnswer {
  writer?.db.close();
  const db = openWriting(path);
  writer = new SqliteReader(db);
  db.exec(SPILL_LATE);
  if (tokenizer !== undefined) prepareTriggers(db, readLayout(db), tokenizer);
  db.exec('BEGIN IMMEDIATE');
  const { dev: device, ino: inode } = statSync(path);
  return { kind: 'begun', device, inode };
}

parentPort?.on('message', (order: WritingOrder) => {
  try {
    parentPort?.postMessage(obey(order));
  } catch (error) {
    const code = isSqliteFailure(error) ? error.code : undefined;
    const message = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ kind: 'failed', message, code } satisfies WritingAnswer);
  }
});
