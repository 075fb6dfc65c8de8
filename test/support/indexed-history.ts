import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { readLayout, type Layout } from '../../src/stores/hermes/file/layout.js';
import { BEFORE_ALL_ROWS } from '../../src/stores/hermes/file/rowids.js';
import { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import { attachIndex, type IndexSource } from '../../src/stores/hermes/index/attached-index.js';
import { IndexBuilder } from '../../src/stores/hermes/index/index-builder.js';
import { temporaryFolder } from './server.js';

/** A connection that reads a history, with a new index of it attached. */
export function openIndexed(stateDb: string): {
  readonly reader: SqliteReader;
  readonly layout: Layout;
  readonly index: IndexSource;
} {
  const db = new Sqlite(stateDb, { readonly: true });
  const reader = new SqliteReader(db);
  const layout = readLayout(db);
  const path = join(temporaryFolder(), 'index.db');
  buildIndex(path, reader, layout);
  const index = { path, opening: 0 };
  attachIndex(db, index);
  return { reader, layout, index };
}

/** Makes the index of a history in a file, as the index thread does. */
export function buildIndex(path: string, reader: SqliteReader, layout: Layout): void {
  writeFileSync(path, '');
  const builder = new IndexBuilder(path, reader, layout);
  builder.load(BEFORE_ALL_ROWS, 10_000);
  while (!builder.arrange(1000));
  builder.finish();
}
