import type { HistoryMoment } from '../file/layout.js';
import { countOf, textOf } from '../file/values.js';
import { allTerms, type SearchQuery } from '../../../sessions/search/search-query.js';

/** A full-text index of the file. */
export type FullTextTable = 'messages_fts' | 'messages_fts_trigram';

/** Where a search looks: one of the file's full-text indexes, or the messages themselves. */
export type SearchSource =
  | {
      readonly kind: 'index';
      readonly table: FullTextTable;
      readonly complete: boolean;
      /** The last message in the index, if newer ones are not added to it; undefined if they are. */
      readonly endsAt: number | undefined;
    }
  | { readonly kind: 'scan'; readonly complete: true };

/** The trigram index cannot find shorter texts. */
const TRIGRAM_LENGTH = 3;

const SCAN: SearchSource = { kind: 'scan', complete: true };

/** Chooses the fastest source with correct answers for this file and query. */
export function chooseSource(history: HistoryMoment, query: SearchQuery): SearchSource {
  const meta = readMeta(history);
  if (meta.has('fts_stale')) return SCAN;
  const complete = !isRebuilding(meta);
  const indexOrScan = (table: FullTextTable): SearchSource => sourceOf(table, history, complete);
  if (!query.substring) return indexOrScan('messages_fts');
  const long = allTerms(query.expression).every((term) => Array.from(term.text).length >= TRIGRAM_LENGTH);
  return long ? indexOrScan('messages_fts_trigram') : SCAN;
}

function sourceOf(table: FullTextTable, history: HistoryMoment, complete: boolean): SearchSource {
  const { layout } = history;
  if (!layout.tables.has(table)) return SCAN;
  const triggers = layout.indexTriggers.get(table);
  // Index entries of removed messages belong to no session, and are never hits.
  const index = { kind: 'index', table, complete: complete && triggers?.has('UPDATE') === true } as const;
  if (triggers?.has('INSERT') === true) return { ...index, endsAt: undefined };
  const endsAt = lastIndexed(history, table);
  return endsAt === undefined ? SCAN : { ...index, endsAt };
}

/** The newest message in an index. FTS5 reveals it only in its own tables (https://sqlite.org/fts5.html#the_columnsize_option). */
function lastIndexed({ reader, layout }: HistoryMoment, table: FullTextTable): number | undefined {
  const sizes = `${table}_docsize`;
  return layout.tables.has(sizes) ? countOf(reader.value(`SELECT max(id) FROM ${sizes}`)) : undefined;
}

/** Hermes's notes on its search indexes, by key in `state_meta`. */
function readMeta({ reader, layout }: HistoryMoment): ReadonlyMap<string, string> {
  if (!layout.tables.has('state_meta')) return new Map();
  return new Map(
    reader
      .all(
        "SELECT key, value FROM state_meta WHERE key IN ('fts_stale', 'fts_rebuild_high_water', 'fts_rebuild_progress')",
      )
      .map((row) => [textOf(row.key) ?? '', textOf(row.value) ?? '']),
  );
}

/** During a rebuild, the index lacks the messages above the progress and up to the high water. */
function isRebuilding(meta: ReadonlyMap<string, string>): boolean {
  const highWater = meta.get('fts_rebuild_high_water');
  return highWater !== undefined && countOf(meta.get('fts_rebuild_progress')) < countOf(highWater);
}
