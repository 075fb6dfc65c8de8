import type { RowChange } from './row-change.js';

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
