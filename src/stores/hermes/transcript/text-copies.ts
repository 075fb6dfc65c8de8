import type { HistoryMoment, Layout } from '../file/layout.js';
import { readableSql } from '../file/readable-size.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { isActiveSql, isInTranscriptSql, isRatherShownSql } from './transcript-sql.js';

/**
 * How to recognize the rows of one message that have no common id, as a compaction in place leaves them. They share what people see of the message,
 * and its time or the place that Hermes gave it; or the ids of its calls, if the arguments and results of tools were shortened for the model.
 */
export interface TextCopies {
  /** SQL condition: `m`, which is part of the transcript, is the copy to show. */
  readonly isShown: string;
  /** SQL expression: the id of the first copy that is part of the transcript; NULL if none is. */
  readonly firstId: string;
}

/** For sessions in which no message can have copies, since all are active. */
export const WITHOUT_COPIES: TextCopies = { isShown: '1', firstId: 'm.id' };

/** Columns that copies share, besides their session and their time. */
const OTHER_TEXTS = ['role', 'content', 'tool_call_id', 'tool_name'] as const;
const TEXTS = [...OTHER_TEXTS, 'tool_calls'] as const;

/** Most messages with the same time in a session for which each is compared with the others one by one. */
const MOST_OF_ONE_TIME = 100;

/** The copies among the messages of some sessions. @param ids the requested messages; by default all of these sessions. */
export function copiesIn(
  { reader, layout }: HistoryMoment,
  sessionIds: readonly string[],
  ids?: readonly number[],
): TextCopies {
  if (!layout.messageColumns.has('compacted')) return copiesOneByOne(layout);
  if (layout.activeIsIndexed && !haveInactive(reader, sessionIds)) return WITHOUT_COPIES;
  return isCrowded(reader, sessionIds, ids) ? copiesAtOnce(layout, sessionIds) : copiesOneByOne(layout);
}

/** If all messages are active, all are shown, each at its place. The check of all their times would take longer than reading a page. */
function haveInactive(reader: SqliteReader, sessionIds: readonly string[]): boolean {
  const inactive =
    'SELECT 1 FROM messages WHERE session_id IN (SELECT value FROM json_each(?)) AND active = 0 LIMIT 1';
  return reader.get(inactive, JSON.stringify(sessionIds)) !== undefined;
}

/** Whether so many messages have the same time, as imported ones may, that comparing each with all others would take minutes. */
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

/** For a few messages: the index by time finds all possible copies of one. */
function copiesOneByOne(layout: Layout): TextCopies {
  const isActive = isActiveSql(layout);
  const isOneInUse = `(${isActiveSql(layout, 'd')}) <> (${isActive})`;
  const isCopy = [
    `${OTHER_TEXTS.map(isSameSql).join(' AND ')} AND (${isSameSql('tool_calls')} OR ${isOneInUse} AND ${HAS_SAME_CALLS})`,
    `${isOneInUse} AND ${IS_OF_SAME_CALL}`,
    ...(layout.messageColumns.has('display_order') ? [HAS_SAME_ORDER] : []),
  ];
  const copies = `FROM messages d WHERE d.session_id = m.session_id AND d.timestamp = m.timestamp
    AND (${isCopy.join(' OR ')}) AND ${isInTranscriptSql(layout, 'd')}`;
  // Two active rows are two messages; and only a longer tool output is shown in place of an active row.
  const isShown = `(${isActive} AND m.role <> 'tool' OR NOT EXISTS (SELECT 1 ${copies}
    AND NOT (${isActive} AND ${isActiveSql(layout, 'd')}) AND ${isRatherShownSql(layout)}))`;
  return { isShown, firstId: `(SELECT min(d.id) ${copies})` };
}

/** SQL condition: Hermes gave both the same place. If providers reused call ids, some versions gave the same place to several calls. */
const HAS_SAME_ORDER = `typeof(m.display_order) = 'integer' AND d.display_order = m.display_order
  AND (m.role <> 'tool' OR d.tool_call_id IS m.tool_call_id)`;

/** SQL condition: both are results of the same tool call. */
const IS_OF_SAME_CALL = `m.role = 'tool' AND d.role = 'tool' AND m.tool_call_id <> '' AND d.tool_call_id = m.tool_call_id`;

/** SQL condition: both make the same calls, whatever the arguments. */
const HAS_SAME_CALLS = `${callIdsSql('d')} = ${callIdsSql('m')}`;

/** SQL expression: the ids of the calls of a message; NULL if one of them has none. */
function callIdsSql(alias: string): string {
  const id = `CASE call.type WHEN 'object' THEN json_extract(call.value, '$.id') END`;
  return `CASE WHEN json_valid(${readableSql(`${alias}.tool_calls`)}) THEN
    (SELECT json_group_array(${id}) FROM json_each(${alias}.tool_calls) call HAVING count(*) > 0 AND count(*) = count(${id})) END`;
}

/** Values that are too large to be read count as equal if they have the same length. */
function isSameSql(column: string): string {
  return `octet_length(d.${column}) IS octet_length(m.${column}) AND ${readableSql(`d.${column}`)} IS ${readableSql(`m.${column}`)}`;
}

/** For crowded sessions, compares only texts: SQLite sorts their messages once per statement, and finds each by its id. */
function copiesAtOnce(layout: Layout, sessionIds: readonly string[]): TextCopies {
  const texts = TEXTS.flatMap((column) => [`octet_length(d.${column})`, readableSql(`d.${column}`)]);
  const same = `PARTITION BY d.session_id, d.timestamp, ${texts.join(', ')}`;
  const copies = `FROM (SELECT d.id, min(d.id) OVER (${same}) AS first,
      row_number() OVER (${same} ORDER BY ${isActiveSql(layout, 'd')} DESC, d.id DESC) AS rank
    FROM messages d WHERE d.session_id IN (${sessionIds.map(literal).join(', ')}) AND ${isInTranscriptSql(layout, 'd')}) c
    WHERE c.id = m.id`;
  return {
    isShown: `(${isActiveSql(layout)} OR (SELECT c.rank ${copies}) = 1)`,
    firstId: `(SELECT c.first ${copies})`,
  };
}

/** A text as an SQL literal, for conditions that are combined elsewhere and have their own parameters. */
function literal(text: string): string {
  return `CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT)`;
}
