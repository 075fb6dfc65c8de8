import type { HistoryMoment } from '../file/layout.js';
import { rowidOf } from '../file/rowids.js';
import { isDisplayedSql, mayHideMessages } from '../transcript/transcript-sql.js';

/** Ids of messages that only the model sees, in memory shared by threads. */
export type HiddenMessages = Float64Array<SharedArrayBuffer>;

/** Some of these ids, and the message to continue after; null at the end. */
export interface HiddenMessageSlice {
  readonly ids: readonly number[];
  readonly next: number | null;
}

/** Messages per batch: tens of milliseconds, since each wide row has to be read. */
const MESSAGES_AT_ONCE = 20_000;

/** Reads the ids of hidden messages after a message; no index of the file has them. */
export function readHiddenMessages({ reader, layout }: HistoryMoment, afterId: number): HiddenMessageSlice {
  if (!mayHideMessages(layout)) return { ids: [], next: null };
  const last = reader.value(
    'SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?',
    afterId,
    MESSAGES_AT_ONCE - 1,
  );
  const next = typeof last === 'number' ? last : null;
  const ids = reader
    .all(
      `SELECT m.id FROM messages m WHERE m.id > ? AND m.id <= ? AND NOT (${isDisplayedSql(layout)})`,
      afterId,
      next ?? Number.MAX_SAFE_INTEGER,
    )
    .map(({ id }) => rowidOf(id));
  return { ids, next };
}

/** Puts ids into shared memory. */
export function toHiddenMessages(ids: readonly number[]): HiddenMessages {
  const shared = new Float64Array(new SharedArrayBuffer(ids.length * Float64Array.BYTES_PER_ELEMENT));
  shared.set(ids);
  return shared;
}
