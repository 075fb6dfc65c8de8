import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Message } from '../../../domain/message.js';
import { DomainError } from '../../../domain/errors.js';
import type { Deadline } from '../../../sessions/search/deadline.js';
import { parseSearch } from '../../../sessions/search/search-query.js';
import type {
  MessageHitPage,
  MessagePage,
  MessagePageRequest,
  MessageSearchRequest,
  WholeTranscript,
} from '../../../sessions/session-query.js';
import type { MessagePlace } from '../../../sessions/transcript/message-place.js';
import {
  bytesOfFound,
  hitsOf,
  pageOfFound,
  rowsOfFound,
  TranscriptSearch,
  type TranscriptRow,
} from '../../../sessions/transcript/found-messages.js';
import { fittingPage, PAGE_BYTES, type FittingPage } from '../../../sessions/transcript/page-bytes.js';
import { decodeContent, decodeToolCalls } from '../../../sessions/transcript/message-content.js';
import { MessageEntity } from '../schema/entities.js';
import { MESSAGE_STATE } from '../../../sessions/transcript/message-state.js';
import { EntityRows, type RowOf } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';
import { wholeText } from '../search/searchable-text.js';
import {
  DIRECTIONS,
  endsBefore,
  isByRow,
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
import { inParts } from '../../read-model/message-parts.js';
import { placeIn, placeOf } from './message-places.js';

type Transcript = SelectQueryBuilder<MessageEntity>;

/**
 * One page of the transcript of the sessions of one chain.
 * @throws {DomainError} `message_not_found` if `around` is not a message of it.
 */
export async function readTranscript(
  manager: EntityManager,
  historyId: number,
  sessionIds: readonly string[],
  request: MessagePageRequest,
): Promise<MessagePage> {
  const ofAllRoles = selectionOf(manager, historyId, sessionIds, { ...request, roles: undefined });
  const transcript = selectionOf(manager, historyId, sessionIds, request);
  const { around, after, before, limit, order } = request;
  const place = await placeIn(manager, historyId, sessionIds, isByRow(request));
  const ordered = { messages: transcript, place };
  const placeOfId = (id: number): Promise<MessagePlace> =>
    placeOf(manager, ofAllRoles, { historyId, place, sessionIds, id });
  const position =
    around === undefined ? undefined : await positionOf(ordered, await placeOfId(around), order);
  const bounds = {
    after: after === undefined ? undefined : await placeOfId(after),
    before: before === undefined ? undefined : await placeOfId(before),
  };
  const read = (offset: number): Promise<FoundPage> =>
    readPage(manager, ordered, { ...request, offset }, bounds);
  const first = await read(pageOffset(request, position));
  const { page, isCut, total } = endsBefore(first, request, position) ? await read(position) : first;
  return {
    messages: page.slice(0, limit).map(toMessage),
    // An empty page has no row with the total.
    total: total ?? (await transcript.getCount()),
    hasMore: isCut || page.length > limit,
    position,
  };
}

/** The messages of a page, and the total of all pages; undefined if the page is empty. */
interface FoundPage extends FittingPage<RowOf<MessageEntity>> {
  readonly total: number | undefined;
}

/** Reads a page with one statement, which checks the message sizes before it reads the texts. */
async function readPage(
  manager: EntityManager,
  ordered: OrderedTranscript<MessageEntity>,
  { order, limit, offset, mostBytes = PAGE_BYTES }: MessagePageRequest,
  bounds: PageBounds,
): Promise<FoundPage> {
  const { messages, place } = ordered;
  const sizes = pageQuery(
    ordered,
    ['m.id AS id', 'm.bytes AS bytes', `${place} AS place`],
    { order, limit, offset },
    bounds,
  );
  const direction = DIRECTIONS[order];
  const before = `sum(p.bytes) OVER (ORDER BY p.place ${direction}, p.id ${direction}) - p.bytes`;
  const rows = new EntityRows(manager, MessageEntity);
  const total = messages.clone().select('count(*)').getQuery();
  const found = await messages
    .clone()
    .addCommonTableExpression(sizes, 'page')
    .select([rows.columns('m'), `(${total}) AS total`, '(SELECT count(*) FROM page) AS listed'])
    .andWhere(
      `m.id = ANY(ARRAY(SELECT f.id FROM (SELECT p.id, ${before} AS before FROM page p) f WHERE f.before < :mostBytes))`,
      { mostBytes },
    )
    .orderBy(place, direction)
    .addOrderBy('m.id', direction)
    .getRawMany<Readonly<Record<string, unknown>> & { readonly total: number; readonly listed: number }>();
  const page = rows.fromColumns(found);
  return { page, isCut: page.length < (found[0]?.listed ?? 0), total: found[0]?.total };
}

/** How many messages of a transcript come before the given one. */
async function positionOf(
  transcript: OrderedTranscript<MessageEntity>,
  around: MessagePlace,
  order: MessagePageRequest['order'],
): Promise<number> {
  const { messages } = transcript;
  if (!(await messages.clone().andWhere('m.id = :id', { id: around.id }).getExists()))
    throw new DomainError('message_not_found');
  return positionQuery(transcript, around, order).getCount();
}

/** Most messages that are searched in one batch, however small they are. */
const SEARCHED_AT_ONCE = 500;

/** The properties of a message that are searched. */
const SEARCHED = ['id', 'content', 'toolName', 'toolCalls'] as const;

/**
 * One page of the messages of a transcript that match a search. It reads the whole transcript, and so finds messages that the word index
 * lacks.
 * @throws {DeadlineError}
 */
export async function searchTranscript(
  manager: EntityManager,
  historyId: number,
  sessionIds: readonly string[],
  request: MessageSearchRequest,
  deadline: Deadline,
): Promise<MessageHitPage> {
  const query = parseSearch(request.text);
  if (query === undefined) return { hits: [], total: 0, hasMore: false };
  const { includeInactive } = request;
  const searched = selectionOf(manager, historyId, sessionIds, {
    ...request,
    // All kept messages, shown or not.
    withHidden: includeInactive ? undefined : 'displayed',
  });
  const place = await placeIn(manager, historyId, sessionIds, includeInactive);
  const rows = await searched
    .clone()
    .select('m.id', 'id')
    .addSelect('m.bytes', 'bytes')
    .addSelect(place, 'at')
    .addSelect(includeInactive ? 'true' : `(m.state & ${MESSAGE_STATE.shown}) <> 0`, 'isShown')
    .orderBy(place)
    .addOrderBy('m.id')
    .getRawMany<TranscriptRow & { readonly bytes: number }>();
  const search = new TranscriptSearch(query, rows);
  const named = (ids: readonly number[]): Transcript =>
    searched.clone().andWhere('m.id = ANY(:ids)', { ids });
  for (const some of inParts(rows, ({ bytes }) => bytes, SEARCHED_AT_ONCE)) {
    deadline.check();
    for (const message of await readMessages(manager, named(some.map(({ id }) => id)), SEARCHED))
      search.add(message.id, wholeText(message));
  }
  const found = search.found();
  const sizes = new Map(rows.map(({ id, bytes }) => [id, bytes]));
  const { page } = fittingPage(pageOfFound(found, request), (message) => bytesOfFound(message, sizes));
  const read = await readMessages(manager, named(rowsOfFound(page)));
  const byId = new Map(read.map((message) => [message.id, message]));
  const hits = await hitsOf(query, page, {
    messageOf: (id) => {
      const message = byId.get(id);
      return message && toMessage(message);
    },
    textOf: (id) => {
      const message = byId.get(id);
      return message && wholeText(message);
    },
  });
  const total = found.ids.length;
  return { hits, total, hasMore: request.offset + page.length < total };
}

/**
 * The next messages of a session's transcript after a position: as many as fit into a megabyte, and at least one.
 * @returns the messages, and the position to continue after; null at the end.
 */
export async function readTranscriptPart(
  manager: EntityManager,
  historyId: number,
  sessionId: string,
  { after, ...selection }: WholeTranscript & { readonly after: MessagePlace },
): Promise<{ readonly messages: readonly Message[]; readonly next: MessagePlace | null }> {
  const place = await placeIn(manager, historyId, [sessionId], isByRow(selection));
  const messages = selectionOf(manager, historyId, [sessionId], selection);
  const transcript = { messages, place };
  const rows = new EntityRows(manager, MessageEntity);
  const sizes = await sizesQuery(transcript, after, 'm.bytes').getRawMany<MessageSize>();
  const found = partQuery(transcript, [rows.columns('m')], after, sizes);
  if (found === undefined) return { messages: [], next: null };
  const part = rows.fromColumns(await found.part.getRawMany());
  return { messages: part.map(toMessage), next: found.next };
}

/** A message as announced to listeners. */
interface ToldMessage {
  readonly told: { readonly message: Message; readonly truncated: boolean };
  /** Size of its texts; 0 if they are omitted because they are too large. */
  readonly bytes: number;
}

/** Those of some messages that belong to a session's transcript. */
export async function readToldMessages(
  manager: EntityManager,
  historyId: number,
  sessionId: string,
  ids: readonly number[],
): Promise<readonly ToldMessage[]> {
  const messages = await readMessages(
    manager,
    transcriptOf(manager, historyId, [sessionId], false)
      // Copies of older messages are not new.
      .andWhere('m.id = ANY(:ids) AND m.place IS NULL', { ids })
      .orderBy('m.id', 'ASC'),
  );
  return messages.map((message) => {
    const truncated = message.bytes > TOLD_BYTES;
    const told = truncated ? { ...message, content: null, toolCalls: null, reasoning: null } : message;
    return { told: { message: toMessage(told), truncated }, bytes: truncated ? 0 : message.bytes };
  });
}

/** Selects the requested messages of a transcript. */
function selectionOf(
  manager: EntityManager,
  historyId: number,
  sessionIds: readonly string[],
  {
    includeInactive,
    roles,
    withHidden,
  }: Pick<MessagePageRequest, 'includeInactive' | 'roles'> & {
    readonly withHidden?: keyof typeof HIDDEN_AS_WELL;
  },
): Transcript {
  const transcript =
    withHidden === undefined
      ? transcriptOf(manager, historyId, sessionIds, includeInactive)
      : messagesOf(manager, historyId, sessionIds).andWhere(HIDDEN_AS_WELL[withHidden]);
  return roles === undefined
    ? transcript
    : transcript.andWhere('m.role = ANY(:roles)', { roles: roles.map(toStored) });
}

/** SQL conditions that include hidden messages, by state: messages that only the model sees, or other rows of shown messages. */
const HIDDEN_AS_WELL = {
  'in use': `(m.state & ${MESSAGE_STATE.active}) <> 0`,
  kept: `((m.state & ${MESSAGE_STATE.shown}) <> 0
    OR (m.state & ${MESSAGE_STATE.kept | MESSAGE_STATE.displayed}) = ${MESSAGE_STATE.kept})`,
  displayed: `(m.state & ${MESSAGE_STATE.kept | MESSAGE_STATE.displayed}) = ${MESSAGE_STATE.kept | MESSAGE_STATE.displayed}`,
} as const;

function transcriptOf(
  manager: EntityManager,
  historyId: number,
  sessionIds: readonly string[],
  includeInactive: boolean,
): Transcript {
  const state = includeInactive ? MESSAGE_STATE.displayed : MESSAGE_STATE.shown;
  return messagesOf(manager, historyId, sessionIds).andWhere('(m.state & :state) <> 0', { state });
}

function messagesOf(manager: EntityManager, historyId: number, sessionIds: readonly string[]): Transcript {
  const [first = '', ...others] = sessionIds.map(toStored);
  return manager
    .createQueryBuilder(MessageEntity, 'm')
    .where('m.historyId = :historyId', { historyId })
    .andWhere(
      // Only with `=` for a single session does the index return messages in order, without reading all of them.
      others.length === 0 ? 'm.sessionId = :first' : 'm.sessionId = ANY(:sessionIds)',
      { first, sessionIds: [first, ...others] },
    );
}

async function readMessages<K extends keyof MessageEntity = keyof MessageEntity>(
  manager: EntityManager,
  query: Transcript,
  properties?: readonly K[],
): Promise<readonly Pick<RowOf<MessageEntity>, K>[]> {
  const rows = new EntityRows(manager, MessageEntity);
  return rows.fromColumns(await query.select(rows.columns('m', properties)).getRawMany(), properties);
}

function toMessage(message: RowOf<MessageEntity>): Message {
  const { id, sessionId, role, timestamp, toolCalls, state } = message;
  const { toolCallId, toolName, reasoning, finishReason, tokenCount } = message;
  return {
    id,
    sessionId,
    role,
    timestamp,
    content: decodeContent(message.content),
    toolCalls: toolCalls === null ? null : decodeToolCalls(toolCalls),
    toolCallId,
    toolName,
    reasoning,
    finishReason,
    tokenCount,
    // The stored `reasoning` combines both.
    reasoningContent: null,
    isActive: (state & MESSAGE_STATE.active) !== 0,
    isTooLarge: (state & MESSAGE_STATE.tooLarge) !== 0,
  };
}
