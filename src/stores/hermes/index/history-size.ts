import { newestRowid } from '../file/rowids.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { countOf } from '../file/values.js';

/** From how many sessions more or less on, and from which part of the history's, making an index anew on the thread takes less time than following it. */
const OTHER = { sessions: 2000, share: 1 / 4 } as const;

export function countSessions(reader: SqliteReader): number {
  return countOf(reader.value('SELECT count(*) FROM sessions'));
}

/** Whether an index of so many sessions is of little use for a history of so many. */
export function isOther(indexed: number, sessions: number): boolean {
  const difference = Math.abs(indexed - sessions);
  return difference > OTHER.sessions && difference > sessions * OTHER.share;
}

/** Where the rows of a history end. */
export function endsOf(reader: SqliteReader): {
  readonly newestRowid: number;
  readonly newestMessageId: number;
} {
  return {
    newestRowid: newestRowid(reader),
    newestMessageId: countOf(reader.value('SELECT max(id) FROM messages')),
  };
}
