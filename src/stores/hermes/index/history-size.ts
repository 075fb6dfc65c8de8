import { newestRowid } from '../file/rowids.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';

/** Differences in session count, absolute and as a share of the history, above which building a new index on the thread is faster than following. */
const OTHER = { sessions: 2000, share: 1 / 4 } as const;

export function countSessions(reader: SqliteReader): number {
  return countOf(reader.value('SELECT count(*) FROM sessions'));
}

/** Whether an index of `indexed` sessions is of little use for a history of `sessions`. */
export function isOther(indexed: number, sessions: number): boolean {
  const difference = Math.abs(indexed - sessions);
  return difference > OTHER.sessions && difference > sessions * OTHER.share;
}

/** The newest rowid and message id of a history. */
export function endsOf(reader: SqliteReader): {
  readonly newestRowid: number;
  readonly newestMessageId: number;
} {
  return {
    newestRowid: newestRowid(reader),
    newestMessageId: countOf(reader.value('SELECT max(id) FROM messages')),
  };
}
