import { closeSync, openSync, writeSync } from 'node:fs';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';

/** Zeroes the overflow pages of the messages table, so that statements that read long values fail. */
export function damageLongValues(path: string): void {
  const writer = HistoryWriter.open(path);
  const sql = "SELECT pageno FROM dbstat WHERE name = 'messages' AND pagetype = 'overflow'";
  const pages = writer.db.prepare(sql).pluck().all().map(Number);
  const size = Number(writer.db.pragma('page_size', { simple: true }));
  writer.close();
  const file = openSync(path, 'r+');
  for (const page of pages) writeSync(file, Buffer.alloc(size), 0, size, (page - 1) * size);
  closeSync(file);
}
