import type { RowChange } from './row-change.js';

/**
 * How many changed pages are kept in memory: 256 MiB at SQLite's default page size. Without a write-ahead log, writing pages before the commit locks
 * out all readers until then (https://sqlite.org/pragma.html#pragma_cache_spill).
 */
export const SPILL_LATE = 'PRAGMA cache_spill = 65536';

/** What a {@link RemoteWriter} tells a thread or a process, one order at a time. */
export type WritingOrder =
  | {
      readonly kind: 'begin';
      readonly path: string;
      /** Hermes's own tokenizer, if triggers of this file need it. */
      readonly tokenizer: string | undefined;
    }
  | { readonly kind: 'commit'; readonly changes: readonly RowChange[] };

/** The answer to each order. */
export type WritingAnswer =
  | { readonly kind: 'begun'; readonly device: number; readonly inode: number }
  | { readonly kind: 'committed' }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** SQLite's result code (https://sqlite.org/rescode.html), by name or by number; undefined if SQLite was not what failed. */
      readonly code: string | number | undefined;
    };
