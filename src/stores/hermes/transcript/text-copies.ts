import type { Layout } from '../file/layout.js';
import { readableSql } from '../file/readable-size.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { isActiveSql, isInTranscriptSql } from './transcript-sql.js';

/**
 * How the rows of one message are told by their text, as a compaction in place leaves them: they have what people see of a message
 * in common, and its time.
 */
export interface TextCopies {
  /** SQL condition: none of them is to be shown rather than `m`, which is one of the transcript and not active. */
  readonly isShown: string;
  /** SQL expression: the id of the first of them that is part of the transcript; NULL where none is. */
  readonly firstId: string;
}

/** Where no message can have copies, as where all are active. */
export const WITHOUT_COPIES: TextCopies = { isShown: '1', firstId: 'm.id' };

/** What copies have in common, beside their session and their time. */
const TEXTS = ['role', 'content', 'tool_call_id', 'tool_calls', 'tool_name'] as const;

/** Messages of one time within a session that are looked through one by one, for each of them. */
const MOST_OF_ONE_TIME = 100;

/** The copies among the messages of some sessions. @param ids the messages that are asked for; all of these sessions by default. */
export function copiesIn(
  reader: SqliteReader,
  layout: Layout,
  sessionIds: readonly string[],
  ids?: readonly number[],
): TextCopies {
  return layout.messageColumns.has('compacted') && isCrowded(reader, sessionIds, ids)
    ? copiesAtOnce(layout, sessionIds)
    : copiesOneByOne(layout);
}

/** Whether so many messages have the same time, as imported ones may, that comparing each of them with all others takes minutes. */
function isCrowded(
  reader: SqliteReader,
  sessionIds: readonly string[],
  ids: readonly number[] | undefined,
): boolean {
  const atTheirTimes =
    ids === undefined
      ? ''
      : 'AND timestamp IN (SELECT a.timestamp FROM messages a WHERE a.id IN (SELECT value FROM json_each(?)))';
  const crowd = reader.get(
    `SELECT 1 FROM messages WHERE session_id IN (SELECT value FROM json_each(?)) ${atTheirTimes}
      GROUP BY session_id, timestamp HAVING count(*) > ${MOST_OF_ONE_TIME} LIMIT 1`,
    JSON.stringify(sessionIds),
    ...(ids === undefined ? [] : [JSON.stringify(ids)]),
  );
  return crowd !== undefined;
}

/** For what is read of a few messages: the index by time leads to all that may be copies of one. */
function copiesOneByOne(layout: Layout): TextCopies {
  const copies = `FROM messages d WHERE d.session_id = m.session_id AND d.timestamp = m.timestamp
    AND ${TEXTS.map(isSameSql).join(' AND ')} AND ${isInTranscriptSql(layout, 'd')}`;
  return {
    isShown: `NOT EXISTS (SELECT 1 ${copies} AND d.id <> m.id AND (${isActiveSql(layout, 'd')} OR d.id > m.id))`,
    firstId: `(SELECT min(d.id) ${copies})`,
  };
}

/** What is too large to be read is taken for the same where it is as long. */
function isSameSql(column: string): string {
  return `octet_length(d.${column}) IS octet_length(m.${column}) AND ${readableSql(`d.${column}`)} IS ${readableSql(`m.${column}`)}`;
}

/** For crowded sessions: SQLite sorts their messages once for a statement, and finds each by its id. */
function copiesAtOnce(layout: Layout, sessionIds: readonly string[]): TextCopies {
  const texts = TEXTS.flatMap((column) => [`octet_length(d.${column})`, readableSql(`d.${column}`)]);
  const same = `PARTITION BY d.session_id, d.timestamp, ${texts.join(', ')}`;
  const copies = `FROM (SELECT d.id, min(d.id) OVER (${same}) AS first,
      row_number() OVER (${same} ORDER BY ${isActiveSql(layout, 'd')} DESC, d.id DESC) AS rank
    FROM messages d WHERE d.session_id IN (${sessionIds.map(literal).join(', ')}) AND ${isInTranscriptSql(layout, 'd')}) c
    WHERE c.id = m.id`;
  return { isShown: `(SELECT c.rank ${copies}) = 1`, firstId: `(SELECT c.first ${copies})` };
}

/** A text as SQL. It is part of conditions that are put together elsewhere, with parameters of their own. */
function literal(text: string): string {
  return `CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT)`;
}
