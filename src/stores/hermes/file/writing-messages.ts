import type { RowChange } from './row-change.js';

/**
 * How many changed pages are kept in memory, which is 256 MiB of them as SQLite makes them. Without a write-ahead log, what is written before
 * the commit keeps all readers out until then (https://sqlite.org/pragma.html#pragma_cache_spill).
 */
export const SPILL_LATE = 'PRAGMA cache_spill = 65536';

/** What a {@link RemoteWriter} tells a thread or a process, one after the other. */
export type WritingOrder =
  | {
      readonly kind: 'begin';
      readonly path: string;
      /** Hermes's own tokenizer, where triggers of this file need it. */
      readonly tokenizer: string | undefined;
    }
  | { readonly kind: 'commit'; readonly changes: readonly RowChange[] };

/** What it answers to each. */
export type WritingAnswer =
  | { readonly kind: 'begun'; readonly device: number; readonly inode: number }
  | { readonly kind: 'committed' }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** SQLite's result code (https://sqlite.org/rescode.html), by name or by number; undefined where it was not SQLite that failed. */
      readonly code: string | number | undefined;
    };
