import type { Layout } from '../file/layout.js';
import { readableSql } from '../file/readable-size.js';
import type { SqliteReader } from '../file/sqlite-reader.js';
import { isActiveSql, isInTranscriptSql, isRatherShownSql } from './transcript-sql.js';

/**
 * How the rows of one message are told where nothing names it, as a compaction in place leaves them: they have what people see of a
 * message in common, and its time, or the place that Hermes gave it; or the ids of its calls, where what tools were told and what
 * they returned was shortened for the model.
 */
export interface TextCopies {
  /** SQL condition: none of them is to be shown rather than `m`, which is one of the transcript. */
  readonly isShown: string;
  /** SQL expression: the id of the first of them that is part of the transcript; NULL where none is. */
  readonly firstId: string;
}

/** Where no message can have copies, as where all are active. */
export const WITHOUT_COPIES: TextCopies = { isShown: '1', firstId: 'm.id' };

/** What copies have in common, beside their session and their time. */
const OTHER_TEXTS = ['role', 'content', 'tool_call_id', 'tool_name'] as const;
const TEXTS = [...OTHER_TEXTS, 'tool_calls'] as const;

/** Messages of one time within a session that are looked through one by one, for each of them. */
const MOST_OF_ONE_TIME = 100;

/** The copies among the messages of some sessions. @param ids the messages that are asked for; all of these sessions by default. */
export function copiesIn(
  reader: SqliteReader,
  layout: Layout,
  sessionIds: readonly string[],
  ids?: readonly number[],
): TextCopies {
  if (!layout.messageColumns.has('compacted')) return copiesOneByOne(layout);
  if (layout.activeIsIndexed && !haveInactive(reader, sessionIds)) return WITHOUT_COPIES;
  return isCrowded(reader, sessionIds, ids) ? copiesAtOnce(layout, sessionIds) : copiesOneByOne(layout);
}

/** Of active messages alone all are shown, each where it stands: to go through all their times took longer than a page of them. */
function haveInactive(reader: SqliteReader, sessionIds: readonly string[]): boolean {
  const inactive =
    'SELECT 1 FROM messages WHERE session_id IN (SELECT value FROM json_each(?)) AND active = 0 LIMIT 1';
  return reader.get(inactive, JSON.stringify(sessionIds)) !== undefined;
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
  const isActive = isActiveSql(layout);
  const isOneInUse = `(${isActiveSql(layout, 'd')}) <> (${isActive})`;
  const isCopy = [
    `${OTHER_TEXTS.map(isSameSql).join(' AND ')} AND (${isSameSql('tool_calls')} OR ${isOneInUse} AND ${HAS_SAME_CALLS})`,
    `${isOneInUse} AND ${IS_OF_SAME_CALL}`,
    ...(layout.messageColumns.has('display_order') ? [HAS_SAME_ORDER] : []),
  ];
  const copies = `FROM messages d WHERE d.session_id = m.session_id AND d.timestamp = m.timestamp
    AND (${isCopy.join(' OR ')}) AND ${isInTranscriptSql(layout, 'd')}`;
  // Of two that are in use, each is a message; and nothing but a longer output of a tool is shown rather than one that is.
  const isShown = `(${isActive} AND m.role <> 'tool' OR NOT EXISTS (SELECT 1 ${copies}
    AND NOT (${isActive} AND ${isActiveSql(layout, 'd')}) AND ${isRatherShownSql(layout)}))`;
  return { isShown, firstId: `(SELECT min(d.id) ${copies})` };
}

/** SQL condition: Hermes has given both the same place. Where providers used ids of calls again, some versions gave one to several calls. */
const HAS_SAME_ORDER = `typeof(m.display_order) = 'integer' AND d.display_order = m.display_order
  AND (m.role <> 'tool' OR d.tool_call_id IS m.tool_call_id)`;

/** SQL condition: both are what one call of a tool returned. */
const IS_OF_SAME_CALL = `m.role = 'tool' AND d.role = 'tool' AND m.tool_call_id <> '' AND d.tool_call_id = m.tool_call_id`;

/** SQL condition: both make the same calls, whatever they tell the tools. */
const HAS_SAME_CALLS = `${callIdsSql('d')} = ${callIdsSql('m')}`;

/** SQL expression: the ids of the calls of a message; NULL where one has none. */
function callIdsSql(alias: string): string {
  const id = `CASE call.type WHEN 'object' THEN json_extract(call.value, '$.id') END`;
  return `CASE WHEN json_valid(${readableSql(`${alias}.tool_calls`)}) THEN
    (SELECT json_group_array(${id}) FROM json_each(${alias}.tool_calls) call HAVING count(*) > 0 AND count(*) = count(${id})) END`;
}

/** What is too large to be read is taken for the same where it is as long. */
function isSameSql(column: string): string {
  return `octet_length(d.${column}) IS octet_length(m.${column}) AND ${readableSql(`d.${column}`)} IS ${readableSql(`m.${column}`)}`;
}

/** For crowded sessions, by texts alone: SQLite sorts their messages once for a statement, and finds each by its id. */
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

/** A text as SQL. It is part of conditions that are put together elsewhere, with parameters of their own. */
function literal(text: string): string {
  return `CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT)`;
}
