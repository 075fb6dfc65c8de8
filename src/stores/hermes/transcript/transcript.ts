import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Message } from '../../../domain/message.js';
import type { MessagePage, MessagePageRequest, WholeTranscript } from '../../../sessions/session-query.js';
import type { HistoryMoment, Layout } from '../file/layout.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { bytesSql, readableSql, SEARCHED_COLUMNS } from '../file/readable-size.js';
import type { Row, SqlValue } from '../file/sqlite-reader.js';
import { countOf, flagOf, instantOf, numberOf, requiredText, textOf } from '../file/values.js';
import { quotedName, StoredRows } from '../file/stored-rows.js';
import { DomainError } from '../../../domain/errors.js';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import {
  bytesOfFound,
  rowsOfFound,
  type FoundMessage,
  type ReadFound,
} from '../../../sessions/transcript/found-messages.js';
import { fittingPage, type FittingPage } from '../../../sessions/transcript/page-bytes.js';
import { decodeContent, decodeToolCalls } from '../../../sessions/transcript/message-content.js';
import { searchableText } from '../search/searchable-text.js';
import { between, type TranscriptOutline, type TranscriptOutlines } from './transcript-outlines.js';
import {
  endsBefore,
  isByRow,
  PART_MESSAGES,
  partEnd,
  pageOffset,
  pageQuery,
  partQuery,
  positionQuery,
  sizesQuery,
  TOLD_BYTES,
  type MessageSize,
  type OrderedTranscript,
  type PageBounds,
} from '../../read-model/transcript-pages.js';
import { placeAmong, placeOf } from './message-places.js';
import { copiesIn } from './text-copies.js';
import {
  hasUnreadableTextSql,
  isActiveSql,
  isDisplayedSql,
  isInTranscriptSql,
  isShownSql,
  messageColumn,
} from './transcript-sql.js';

/** The columns that are not used for the fields of a message. */
const OTHER_COLUMNS = new StoredRows('messages', [
  'id',
  'session_id',
  'role',
  'content',
  'tool_call_id',
  'tool_calls',
  'tool_name',
  'timestamp',
  'token_count',
  'finish_reason',
  'reasoning',
  'reasoning_content',
]);

type Transcript = SelectQueryBuilder<ObjectLiteral>;

/**
 * One page of the transcript of `sessionIds`, which are the members of one chain. Messages are in insertion order; copies have the place of the first
 * row.
 * @throws {DomainError} `message_not_found` if `around` is not one of its messages.
 */
export function readTranscript(
  history: OpenHistory,
  outlines: TranscriptOutlines,
  sessionIds: readonly string[],
  request: MessagePageRequest,
): MessagePage {
  const { reader } = history;
  const outline = outlines.of(history, sessionIds, request);
  const ofAllRoles = messagesOf(history, sessionIds).andWhere(outline.condition);
  const transcript = ofAllRoles.clone();
  if (request.roles !== undefined) transcript.andWhere('m.role IN (:...roles)', { roles: request.roles });
  const total =
    outline.order?.length ?? outlines.total(history, transcript.clone().select('count(*)', 'total'));
  const { around, after, before, limit, order } = request;
  const byRow = isByRow(request);
  const { place } = outline;
  const ordered = { messages: transcript, ...outline };
  const placeOfId = (id: number): MessagePlace =>
    byRow ? { at: id, id } : placeOf(history, ofAllRoles, { place, sessionIds, id });
  const position = around === undefined ? undefined : positionOf(reader, ordered, placeOfId(around), order);
  const bounds = {
    after: after === undefined ? undefined : placeOfId(after),
    before: before === undefined ? undefined : placeOfId(before),
  };
  const read = (offset: number): ReadPage => readPage(history, ordered, { ...request, offset }, bounds);
  const first = read(pageOffset(request, position));
  const { page, isCut } = endsBefore(first, request, position) ? read(position) : first;
  return {
    messages: messagesOfRows(history, page.slice(0, limit), request),
    total,
    hasMore: isCut || page.length > limit,
    position,
  };
}

type ReadPage = FittingPage<Row>;

/** The messages `m` of a transcript, and their places. */
type OutlinedTranscript = OrderedTranscript<ObjectLiteral> & Pick<TranscriptOutline, 'order'>;

/**
 * Determines the sizes of messages before reading them, since SQLite holds everything that it sorts in memory. Ids are passed as text, since
 * JavaScript numbers cannot tell those beyond 2^53 apart.
 */
function readPage(
  { reader, layout }: OpenHistory,
  transcript: OutlinedTranscript,
  { order, limit, offset, mostBytes, withRows }: MessagePageRequest,
  bounds: PageBounds,
): ReadPage {
  const columns = ['CAST(m.id AS TEXT) AS id', `${messageBytesSql(layout, { withRows })} AS bytes`];
  const sizes =
    transcript.order === undefined
      ? reader.rows(pageQuery(transcript, columns, { order, limit, offset }, bounds))
      : rowsInOrder(reader, pageOf(transcript.order, { order, limit, offset }, bounds), columns);
  const { page, isCut } = fittingPage(sizes, ({ bytes }) => countOf(bytes), mostBytes);
  const ids = page.map(({ id }) => id ?? null);
  const rows = reader.all(
    `SELECT CAST(m.id AS TEXT) AS own_id, ${messageColumns(layout).join(', ')} FROM messages m
      WHERE m.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))`,
    JSON.stringify(ids),
  );
  const byId = new Map(rows.map((row) => [row.own_id ?? null, row]));
  const found: Row[] = [];
  for (const id of ids) {
    const row = byId.get(id);
    if (row !== undefined) found.push(row);
  }
  return { page: found, isCut };
}

/** Selects `columns` of the messages at some places, in order. */
function rowsInOrder(
  reader: OpenHistory['reader'],
  places: readonly MessagePlace[],
  columns: readonly string[],
): readonly Row[] {
  return reader.all(
    `SELECT ${columns.join(', ')} FROM json_each(?) p CROSS JOIN messages m ON m.id = p.value ORDER BY p.key`,
    JSON.stringify(places.map(({ id }) => id)),
  );
}

/** The places of a page, and one more if there is one, like {@link pageQuery}. */
function pageOf(
  places: readonly MessagePlace[],
  { order, limit, offset }: Pick<MessagePageRequest, 'order' | 'limit' | 'offset'>,
  bounds: PageBounds,
): readonly MessagePlace[] {
  const within = between(places, bounds);
  const inOrder = order === 'asc' ? within : within.toReversed();
  return inOrder.slice(offset, offset + limit + 1);
}

function messagesOfRows(
  history: OpenHistory,
  read: readonly Row[],
  { withRows }: WholeTranscript,
): readonly Message[] {
  const messages = read.map(toMessage);
  if (withRows !== true) return messages;
  const ids = messages.map(({ id }) => id);
  const rows = OTHER_COLUMNS.read(history, ids);
  return messages.map((message) => ({ ...message, row: rows.get(message.id) }));
}

/** How many messages of a transcript come before one of them. */
function positionOf(
  reader: OpenHistory['reader'],
  transcript: OutlinedTranscript,
  around: MessagePlace,
  order: MessagePageRequest['order'],
): number {
  if (transcript.order !== undefined) {
    const position = transcript.order.findIndex(({ id }) => id === around.id);
    if (position < 0) throw new DomainError('message_not_found');
    return order === 'asc' ? position : transcript.order.length - 1 - position;
  }
  const those = transcript.messages.clone().select('count(*)', 'total');
  if (reader.count(those.andWhere('m.id = :id', { id: around.id })) === 0)
    throw new DomainError('message_not_found');
  return reader.count(positionQuery(transcript, around, order));
}

/** The messages that fit into a page, by their current sizes. */
export function fittingFound(
  { reader, layout }: OpenHistory,
  found: readonly FoundMessage[],
): readonly FoundMessage[] {
  const rows = reader.tuples(
    `SELECT m.id, ${messageBytesSql(layout)} FROM messages m WHERE m.id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(rowsOfFound(found)),
  );
  const sizes = new Map(rows.map(([id, bytes]) => [numberOf(id) ?? 0, countOf(bytes)]));
  return fittingPage(found, (message) => bytesOfFound(message, sizes)).page;
}

/** The current state of messages that a search found in a transcript, and the texts in which it found them; without those gone meanwhile. */
export function readFoundMessages(
  history: OpenHistory,
  sessionIds: readonly string[],
  { found, includeInactive }: { readonly found: readonly FoundMessage[]; readonly includeInactive: boolean },
): ReadFound {
  if (found.length === 0) return { messageOf: () => undefined, textOf: () => undefined };
  const { reader, layout } = history;
  const messages = reader.rows(
    transcriptOf(history, sessionIds, includeInactive)
      .select(messageColumns(layout))
      .andWhere('m.id IN (:...ids)', { ids: found.map(({ id }) => id) }),
  );
  const isSearched = includeInactive ? isDisplayedSql(layout) : isInTranscriptSql(layout);
  const others = reader.rows(
    messagesOf(history, sessionIds)
      .select(['m.id AS id', SEARCHED_COLUMNS])
      .andWhere(isSearched)
      .andWhere('m.id IN (:...ids)', { ids: found.map(({ row }) => row) }),
  );
  const byId = new Map(messages.map((row) => [numberOf(row.id), row]));
  const texts = new Map(others.map((row) => [numberOf(row.id), row]));
  return {
    messageOf: (id) => {
      const row = byId.get(id);
      return row && toMessage(row);
    },
    textOf: (id) => {
      const row = texts.get(id);
      return row && searchableText([row.content, row.tool_name, row.tool_calls]);
    },
  };
}

/**
 * The next messages of a session's transcript after a place in it: as many as fit into a megabyte, and at least one.
 * @returns the messages, and the place to continue after; null at the end.
 */
export function readTranscriptPart(
  history: OpenHistory,
  outlines: TranscriptOutlines,
  sessionId: string,
  { after, ...selection }: WholeTranscript & { readonly after: MessagePlace },
): { readonly messages: readonly Message[]; readonly next: MessagePlace | null } {
  const { reader, layout } = history;
  const outline = outlines.of(history, [sessionId], { ...selection, roles: undefined });
  const { condition, place, order } = outline;
  const transcript = { messages: messagesOf(history, [sessionId]).andWhere(condition), place };
  const bytes = messageBytesSql(layout, selection);
  if (order !== undefined) {
    const ahead = between(order, { after }).slice(0, PART_MESSAGES);
    const sizes = rowsInOrder(reader, ahead, ['m.id AS id', `${bytes} AS bytes`]);
    const end = partEnd(ahead.map((place, at) => ({ ...place, bytes: countOf(sizes[at]?.bytes) })));
    if (end === undefined) return { messages: [], next: null };
    const rows = rowsInOrder(reader, end.part, messageColumns(layout));
    return { messages: messagesOfRows(history, rows, selection), next: end.next };
  }
  const sizes = reader.rows(sizesQuery(transcript, after, bytes)).map(toSize);
  const found = partQuery(transcript, messageColumns(layout), after, sizes);
  if (found === undefined) return { messages: [], next: null };
  return { messages: messagesOfRows(history, reader.rows(found.part), selection), next: found.next };
}

function toSize({ at, id, bytes }: Row): MessageSize {
  return { at: numberOf(at) ?? 0, id: numberOf(id) ?? 0, bytes: countOf(bytes) };
}

/** An added message, and whether its content is left out because of its size. */
interface NewMessage {
  readonly message: Message;
  readonly truncated: boolean;
}

/**
 * The messages added to transcripts after a message id, without copies of older ones.
 * @param limit rows to look at.
 * @returns the messages, the last id looked at, and whether there may be more after it.
 */
export function readNewMessages(
  history: HistoryMoment,
  after: number,
  limit: number,
): { readonly messages: readonly NewMessage[]; readonly newest: number; readonly isMore: boolean } {
  const rows = history.reader.all(
    `SELECT m.id, m.session_id, ${messageBytesSql(history.layout)} AS bytes FROM messages m WHERE m.id > ? ORDER BY m.id LIMIT ${limit}`,
    after,
  );
  const added = idsOfAdded(history, rows);
  const messages = rows
    .filter(({ id }) => added.has(id))
    .flatMap((row) => readNewMessage(history, row) ?? []);
  return { messages, newest: countOf(rows.at(-1)?.id ?? after), isMore: rows.length === limit };
}

/** The ids of those rows that are part of a transcript, and not copies of older ones. */
function idsOfAdded(history: HistoryMoment, rows: readonly Row[]): ReadonlySet<SqlValue | undefined> {
  const { reader, layout } = history;
  const sessionIds = [...new Set(rows.map((row) => requiredText(row, 'session_id')))];
  const ids = rows.map(({ id }) => numberOf(id) ?? 0);
  const place = placeAmong(history, sessionIds, ids);
  const added = reader.all(
    `SELECT m.id FROM messages m
      WHERE m.id IN (SELECT value FROM json_each(?)) AND ${isInTranscriptSql(layout)} AND ${place} = m.id`,
    JSON.stringify(ids),
  );
  return new Set(added.map(({ id }) => id));
}

function readNewMessage({ reader, layout }: HistoryMoment, { id, bytes }: Row): NewMessage | undefined {
  const truncated = countOf(bytes) > TOLD_BYTES;
  const columns = messageColumns(layout).map((column) =>
    truncated
      ? column.replace(/^.* AS (content|tool_calls|reasoning|reasoning_content)$/, 'NULL AS $1')
      : column,
  );
  const row = reader.get(`SELECT ${columns.join(', ')} FROM messages m WHERE m.id = ?`, id ?? null);
  return row && { message: toMessage(row), truncated };
}

/** Columns of a message that can be long. */
const LONG_COLUMNS = ['content', 'tool_calls', 'reasoning', 'reasoning_content'];

/** SQL for the bytes that are read of a message. */
function messageBytesSql(
  { messageColumns: all }: Layout,
  { withRows }: Pick<WholeTranscript, 'withRows'> = {},
): string {
  const columns = withRows === true ? [...all] : LONG_COLUMNS.filter((column) => all.has(column));
  return bytesSql(columns.map((column) => `m.${quotedName(column)}`));
}

function transcriptOf(
  history: OpenHistory,
  sessionIds: readonly string[],
  includeInactive: boolean,
): Transcript {
  const copies = copiesIn(history, sessionIds);
  return messagesOf(history, sessionIds).andWhere(isShownSql(history.layout, includeInactive, copies));
}

function messagesOf({ reader }: OpenHistory, sessionIds: readonly string[]): Transcript {
  return reader
    .query()
    .from('messages', 'm')
    .where(sessionIds.length === 1 ? 'm.session_id = :sessionId' : 'm.session_id IN (:...sessionIds)', {
      sessionId: sessionIds[0],
      sessionIds,
    });
}

function messageColumns(layout: Layout): string[] {
  return [
    ...['id', 'session_id', 'role', 'tool_call_id', 'tool_name', 'timestamp'].map(
      (column) => `m.${column} AS ${column}`,
    ),
    ...[
      ['content', 'm.content'],
      ['tool_calls', 'm.tool_calls'],
      ['reasoning', 'm.reasoning'],
      ['reasoning_content', messageColumn(layout, 'reasoning_content')],
    ].map(([name = '', column = '']) => `${readableSql(column)} AS ${name}`),
    `${hasUnreadableTextSql(layout)} AS is_too_large`,
    `${messageColumn(layout, 'finish_reason')} AS finish_reason`,
    `${messageColumn(layout, 'token_count')} AS token_count`,
    `${isActiveSql(layout)} AS active`,
  ];
}

function toMessage(row: Row): Message {
  const toolCalls = textOf(row.tool_calls);
  return {
    id: numberOf(row.id) ?? 0,
    sessionId: requiredText(row, 'session_id'),
    role: requiredText(row, 'role'),
    content: decodeContent(textOf(row.content)),
    timestamp: instantOf(row.timestamp),
    toolCalls: toolCalls === null ? null : decodeToolCalls(toolCalls),
    toolCallId: textOf(row.tool_call_id),
    toolName: textOf(row.tool_name),
    reasoning: textOf(row.reasoning),
    reasoningContent: textOf(row.reasoning_content),
    finishReason: textOf(row.finish_reason),
    tokenCount: numberOf(row.token_count),
    isActive: flagOf(row.active),
    isTooLarge: flagOf(row.is_too_large),
  };
}
