import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { readLayout, type HistoryMoment } from '../../src/stores/hermes/file/layout.js';
import { QueryReader } from '../../src/stores/hermes/file/query-reader.js';
import { BEFORE_ALL_ROWS } from '../../src/stores/hermes/file/rowids.js';
import { SqliteReader, type IndexSource } from '../../src/stores/hermes/file/sqlite-reader.js';
import { IndexBuilder } from '../../src/stores/hermes/index/index-builder.js';
import { IndexWriter } from '../../src/stores/hermes/index/index-writer.js';
import { LiveLineage } from '../../src/stores/hermes/lineage/live-lineage.js';
import { IndexedHistory } from '../../src/stores/hermes/index/indexed-history.js';
import { temporaryFolder } from './server.js';

/** A read connection to a history with a new index attached. */
export function openIndexed(stateDb: string): HistoryMoment & { readonly index: IndexSource } {
  const db = new Sqlite(stateDb, { readonly: true });
  const reader = new SqliteReader(db);
  const layout = readLayout(db);
  const path = join(temporaryFolder(), 'index.db');
  buildIndex(path, { reader, layout });
  const index = { path, opening: 0 };
  reader.attach(index);
  return { reader, layout, index };
}

/** A history with a new, up-to-date index, and the writer of the index. */
export function openIndexedHistory(stateDb: string): {
  readonly indexed: IndexedHistory;
  readonly writer: IndexWriter;
} {
  const { reader, layout, index } = openIndexed(stateDb);
  const dataSource = new DataSource({ type: 'better-sqlite3', database: ':memory:' });
  const queries = new QueryReader(reader.db, dataSource);
  const history = {
    reader: queries,
    layout,
    lineage: new LiveLineage({ reader: queries, layout }),
    ...{ identity: { device: 0, inode: 0, wal: undefined }, opening: 1, canFireTriggers: true },
  };
  const writer = new IndexWriter(new SqliteReader(new Sqlite(index.path)));
  const indexed = new IndexedHistory(history, index, writer);
  indexed.refresh();
  return { indexed, writer };
}

/** Builds the index of a history in a file, like the index thread. */
export function buildIndex(path: string, history: HistoryMoment): void {
  writeFileSync(path, '');
  const builder = new IndexBuilder(path, history);
  builder.load(BEFORE_ALL_ROWS, 10_000);
  while (!builder.arrange(1000));
  builder.finish();
}
