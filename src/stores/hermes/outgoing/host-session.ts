import { createHash } from 'node:crypto';
import { MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';
import type { HistoryMoment, Layout } from '../file/layout.js';
import type { SqlValue } from '../file/sqlite-reader.js';
import { readableBytesSql, readableSql } from '../file/readable-size.js';
import { BEFORE_ALL_ROWS, endOfSlice, LAST_ROWID } from '../file/rowids.js';
import { countOf, instantOf, numberOf, requiredText, textOf } from '../file/values.js';
import {
  FACT_NAMES,
  HAS_ID_SQL,
  selectFactsSql,
  toSessionFact,
  type SessionFact,
} from '../index/session-fact.js';
import { SessionDigests, type SessionDigest } from '../index/session-digests.js';
import { placeIn } from '../transcript/message-places.js';
import { copiesIn } from '../transcript/text-copies.js';
import {
  hasUnreadableTextSql,
  isActiveSql,
  isDisplayedSql,
  isInTranscriptSql,
  isKeptSql,
  isOfHistorySql,
  isShownOnceSql,
  IS_SAME_UID,
  messageColumn,
} from '../transcript/transcript-sql.js';

/** A session row, and a summary of its messages, for another store. */
export interface HostSession {
  readonly fact: SessionFact;
  readonly digest: SessionDigest;
  /** Changes whenever anything in the row, or the number of its messages, changes. */
  readonly fingerprint: string;
}

/** Identifies a session whose messages are requested. */
export type SessionKey = Pick<SessionFact, 'id'>;

/** Requested messages of a session: those with these ids; all if none are given. */
export interface WantedMessages {
  readonly session: SessionKey;
  readonly ids?: readonly number[];
}

/** A message row. */
export interface HostMessage extends MessageMark {
  readonly role: string;
  readonly content: string | null;
  readonly toolCallId: string | null;
  readonly toolCalls: string | null;
  readonly toolName: string | null;
  readonly reasoning: string | null;
  readonly finishReason: string | null;
  readonly tokenCount: number | null;
}

/** What determines a message, apart from its texts. */
export interface MessageMark {
  readonly id: number;
  /** Bytes of its texts in UTF-8. */
  readonly bytes: number;
  /** Epoch seconds; null if unknown. After an older file was restored, another message can have the id of one that is gone. */
  readonly timestamp: number | null;
  /** Its place in its transcript, if that is not its own id. */
  readonly place: number | null;
  /** Bits of {@link MESSAGE_STATE}. */
  readonly state: number;
}

/** A session as a comparison sees it. */
export interface ComparedSession {
  readonly id: string;
  readonly fingerprint: string;
  readonly messages: number;
}

/** Sessions as a comparison sees them, and the rowid to continue after; null at the end. */
export interface ComparedSlice {
  readonly sessions: readonly ComparedSession[];
  readonly next: number | null;
}

/** Ids, fingerprints and message counts of the `limit` sessions after `afterRowid`. */
export function readFingerprints(
  { reader, layout }: HistoryMoment,
  afterRowid: number,
  limit: number,
): ComparedSlice {
  const next = endOfSlice(reader, afterRowid, limit);
  const rows = reader.all(
    `${selectFactsSql(layout)} WHERE s.rowid > ? AND s.rowid <= ? AND ${HAS_ID_SQL} ORDER BY s.rowid`,
    afterRowid,
    next ?? LAST_ROWID,
  );
  const sessions = rows.map((row) => {
    const fact = toSessionFact(row);
    return { id: requiredText(row, 'id'), fingerprint: fingerprintOf(fact), messages: fact.storedMessages };
  });
  return { sessions, next };
}

/** A session in its current state; undefined if there is none. */
export function readHostSession(moment: HistoryMoment, id: string): HostSession | undefined {
  const { reader, layout } = moment;
  const row = reader.get(`${selectFactsSql(layout)} WHERE s.id = ? AND ${HAS_ID_SQL}`, id);
  if (row === undefined) return undefined;
  const fact = toSessionFact(row);
  // Digests are cached per data version, and there is only one here.
  const digest = new SessionDigests().of({ ...moment, dataVersion: 0 }, id);
  return { fact, digest, fingerprint: fingerprintOf(fact) };
}

/** The marks of a session's messages, or of those after an id; in id order. */
export function readMarks(
  moment: HistoryMoment,
  { id }: SessionKey,
  afterId = BEFORE_ALL_ROWS,
): readonly MessageMark[] {
  const columns = markColumns(moment, id).join(', ');
  return moment.reader
    .tuples(
      `SELECT ${columns} FROM messages m WHERE m.session_id = ? AND m.id > ? AND m.id <= ? ORDER BY m.id`,
      id,
      afterId,
      LAST_ROWID,
    )
    .map(toMark);
}

/** The last messages of a session, and what shows whether those before are unchanged. */
export interface MessageTail {
  /** How many messages there are up to the named one, and how many of these are inactive. */
  readonly before: number;
  readonly inactiveBefore: number;
  /** The time of the named message; undefined if it does not exist. */
  readonly timestamp: number | null | undefined;
  /** The messages after it. */
  readonly marks: readonly MessageMark[];
}

/**
 * The messages of a session after an id; undefined if no index of the file tells how many before it are inactive, or if one of them takes the place
 * of a message before it.
 */
export function readTail(
  moment: HistoryMoment,
  session: SessionKey,
  afterId: number,
): MessageTail | undefined {
  const { reader, layout } = moment;
  if (layout.messageColumns.has('active') && !layout.activeIsIndexed) return undefined;
  if (layout.uidIsIndexed && reader.get(TAKES_PLACE, session.id, afterId, afterId) !== undefined)
    return undefined;
  const counts = reader.get(
    `SELECT count(*) AS messages, count(*) FILTER (WHERE NOT (${isActiveSql(layout)})) AS inactive
      FROM messages m WHERE m.session_id = ? AND m.id <= ?`,
    session.id,
    afterId,
  );
  const named = reader.get(
    'SELECT timestamp FROM messages WHERE id = ? AND session_id = ?',
    afterId,
    session.id,
  );
  return {
    before: countOf(counts?.messages),
    inactiveBefore: countOf(counts?.inactive),
    timestamp: named && instantOf(named.timestamp),
    marks: readMarks(moment, session, afterId),
  };
}

/** Whether a message after an id is another row of a message up to it. */
const TAKES_PLACE = `SELECT 1 FROM messages m WHERE m.session_id = ? AND m.id > ? AND EXISTS (
  SELECT 1 FROM messages d WHERE ${IS_SAME_UID} AND d.id <= ?) LIMIT 1`;

/** Bytes of all texts of a session's messages in UTF-8. */
export function readBytes({ reader, layout }: HistoryMoment, { id }: SessionKey): number {
  return countOf(reader.value(`SELECT sum(${bytesSql(layout)}) FROM messages m WHERE m.session_id = ?`, id));
}

/** Messages of a session: those with the given ids, or all whose ids JavaScript numbers can tell apart. */
export function readMessages(
  moment: HistoryMoment,
  { session: { id }, ids }: WantedMessages,
): readonly HostMessage[] {
  const { reader, layout } = moment;
  const columns = [
    'm.role',
    readableSql('m.content'),
    'm.tool_call_id',
    readableSql('m.tool_calls'),
    'm.tool_name',
    `coalesce(${readableSql('m.reasoning')}, ${readableSql(messageColumn(layout, 'reasoning_content'))})`,
    messageColumn(layout, 'finish_reason'),
    messageColumn(layout, 'token_count'),
    ...markColumns(moment, id),
  ];
  const select = `SELECT ${columns.join(', ')} FROM messages m WHERE m.session_id = ?`;
  const tuples =
    ids === undefined
      ? reader.tuples(`${select} AND m.id > ? AND m.id <= ? ORDER BY m.id`, id, BEFORE_ALL_ROWS, LAST_ROWID)
      : reader.tuples(
          `${select} AND m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id`,
          id,
          JSON.stringify(ids),
        );
  return tuples.map(toMessage);
}

/** Takes the columns in the order of {@link readMessages}. Lists each field: spreading an object costs many times as much, for each of millions. */
function toMessage(values: readonly SqlValue[]): HostMessage {
  const [role, content, toolCallId, toolCalls, toolName, reasoning, finishReason, tokenCount, ...marks] =
    values;
  const { id, bytes, timestamp, place, state } = toMark(marks);
  return {
    id,
    bytes,
    timestamp,
    place,
    state,
    role: textOf(role) ?? '',
    content: textOf(content),
    toolCallId: textOf(toolCallId),
    toolCalls: textOf(toolCalls),
    toolName: textOf(toolName),
    reasoning: textOf(reasoning),
    finishReason: textOf(finishReason),
    tokenCount: numberOf(tokenCount),
  };
}

/** How many messages a session has; undefined if the file has no such session. */
export function readSize({ reader }: Pick<HistoryMoment, 'reader'>, id: string): number | undefined {
  const size = reader.value(
    `SELECT (SELECT count(*) FROM messages m WHERE m.session_id = s.id) FROM sessions s WHERE s.id = ? AND ${HAS_ID_SQL}`,
    id,
  );
  return size === undefined ? undefined : countOf(size);
}

/** The times of a session's messages, by id: epoch seconds, null if unknown. */
export function readMessageTimes(
  { reader }: Pick<HistoryMoment, 'reader'>,
  sessionId: string,
): ReadonlyMap<number, number | null> {
  const rows = reader.tuples('SELECT m.id, m.timestamp FROM messages m WHERE m.session_id = ?', sessionId);
  return new Map(rows.map(([id, timestamp]) => [numberOf(id) ?? 0, instantOf(timestamp)]));
}

/** The properties of a message that never change. */
export interface KnownMessage {
  readonly sessionId: string;
  readonly messageId: number;
  /** Epoch seconds; null if unknown. */
  readonly timestamp: number | null;
}

/**
 * Whether the file has another message under this id: SQLite never reuses ids, so an older file was restored since. Unknown, and so false, if the
 * file does not record which ids were used.
 */
export function hasGivenAgain({ reader, layout }: HistoryMoment, known: KnownMessage): boolean {
  if (!layout.tables.has('sqlite_sequence')) return false;
  const row = reader.get('SELECT session_id, timestamp FROM messages WHERE id = ?', known.messageId);
  if (row === undefined) return false;
  return textOf(row.session_id) !== known.sessionId || instantOf(row.timestamp) !== known.timestamp;
}

/**
 * The highest id that a message of this file ever had; 0 if it never had one. It stays when messages are deleted, so a lower one shows that the file
 * is an older one (https://sqlite.org/autoinc.html).
 */
export function readNewestMessageId({ reader, layout }: HistoryMoment): number {
  const newest = reader.value('SELECT max(id) FROM messages');
  const ever = layout.tables.has('sqlite_sequence')
    ? reader.value("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")
    : null;
  const id = Math.max(countOf(newest), countOf(ever));
  return Number.isSafeInteger(id) ? id : Number.MAX_SAFE_INTEGER;
}

function fingerprintOf(fact: SessionFact): string {
  const values = FINGERPRINT_FIELDS.map((name) => fact[name]);
  const facts = JSON.stringify([FINGERPRINT_FIELDS, values]);
  return FORM + createHash('sha256').update(facts).digest('base64url').slice(0, 16);
}

/** Prefix of every fingerprint. A new prefix forces a comparison of all sessions, since other data is sent of their messages. */
const FORM = '6.';

/** Whether a session was sent in the current form. */
export function isOfPresentForm(fingerprint: string): boolean {
  return fingerprint.startsWith(FORM);
}

/** The fields of a fingerprint, in an order that depends only on their names. */
const FINGERPRINT_FIELDS = FACT_NAMES.filter((name) => name !== 'rowid').sort();

function markColumns(moment: HistoryMoment, sessionId: string): readonly string[] {
  const { layout } = moment;
  const { coverage } = layout;
  const isTool = "m.role = 'tool'";
  return [
    'm.id',
    bytesSql(layout),
    'm.timestamp',
    placeIn(moment, [sessionId], false),
    stateSql({
      shown: `${isInTranscriptSql(layout)} AND ${isShownOnceSql(layout, copiesIn(moment, [sessionId]))}`,
      displayed: isDisplayedSql(layout),
      kept: `${isKeptSql(layout)} AND ${isOfHistorySql(layout)}`,
      active: isActiveSql(layout),
      // Sessions that the index omits do not matter here: they are read.
      inParts: coverage.partsLeaveOutTools ? `NOT (${isTool})` : '1',
      cut: coverage.cutsTools ? isTool : '0',
      contentAlone: coverage.contentAlone ? '1' : '0',
      tooLarge: hasUnreadableTextSql(layout),
      hasWordsOfNow: '1',
    }),
  ];
}

/** SQL expression: the bits whose conditions are true; NULL counts as false. */
function stateSql(conditions: Readonly<Record<keyof typeof MESSAGE_STATE, string>>): string {
  return Object.entries(MESSAGE_STATE)
    .map(([name, bit]) => `((${conditions[name as keyof typeof MESSAGE_STATE]}) IS TRUE) * ${bit}`)
    .join(' + ');
}

/**
 * SQL expression: bytes of the texts that are sent of a message, as {@link readMessages} reads them. Reads no content: the length of a value is
 * stored at the beginning of its row. Omits texts that are too large.
 */
function bytesSql(layout: Layout): string {
  const bytesOf = (...columns: readonly string[]): string =>
    `coalesce(${columns.map(readableBytesSql).join(', ')}, 0)`;
  return [
    bytesOf('m.content'),
    bytesOf('m.tool_calls'),
    bytesOf('m.reasoning', messageColumn(layout, 'reasoning_content')),
  ].join(' + ');
}

/** Takes the columns in the order of {@link markColumns}. */
function toMark([id, bytes, timestamp, place, state]: readonly SqlValue[]): MessageMark {
  return {
    id: numberOf(id) ?? 0,
    bytes: countOf(bytes),
    timestamp: instantOf(timestamp),
    place: place === id ? null : numberOf(place),
    state: countOf(state),
  };
}
