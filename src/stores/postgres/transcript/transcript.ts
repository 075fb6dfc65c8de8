import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Message } from '../../../domain/message.js';
import type { MessagePage, MessagePageRequest } from '../../../sessions/session-query.js';
import { decodeContent, decodeToolCalls } from '../../../sessions/transcript/message-content.js';
import { MessageEntity } from '../schema/entities.js';
import { MESSAGE_STATE } from '../schema/message-state.js';
import { EntityRows, type RowOf } from '../schema/entity-rows.js';
import { toStored } from '../schema/stored-text.js';

/** Bytes of messages that are read in one go, beyond the first message. */
const PART_BYTES = 1024 * 1024;

/** Messages that are read in one go. */
const PART_MESSAGES = 200;

type Transcript = SelectQueryBuilder<MessageEntity>;

/** One page of the transcript of the sessions of one chain. */
export async function readTranscript(
  manager: EntityManager,
  historyId: number,
  sessionIds: readonly string[],
  request: MessagePageRequest,
): Promise<MessagePage> {
  const transcript = transcriptOf(manager, historyId, sessionIds, request.includeInactive);
  if (request.roles !== undefined)
    transcript.andWhere('m.role = ANY(:roles)', { roles: request.roles.map(toStored) });
  const page = transcript.clone().orderBy('m.id', request.order === 'asc' ? 'ASC' : 'DESC');
  if (request.after !== undefined) page.andWhere('m.id > :after', { after: request.after });
  if (request.before !== undefined) page.andWhere('m.id < :before', { before: request.before });
  const total = transcript.clone().select('count(*)').getQuery();
  const rows = new EntityRows(manager, MessageEntity);
  const found = await page
    .select(`${rows.columns('m')}, (${total}) AS total`)
    .limit(request.limit + 1)
    .offset(request.offset)
    .getRawMany<Readonly<Record<string, unknown>> & { readonly total: number }>();
  const messages = rows.fromColumns(found);
  return {
    messages: messages.slice(0, request.limit).map(toMessage),
    // A page without messages says nothing of the others.
    total: found[0]?.total ?? (await transcript.getCount()),
    hasMore: messages.length > request.limit,
  };
}

/**
 * The next messages of a session's transcript behind a message id, as many as fit into a megabyte and at least one, and
 * whether they are the last.
 */
export async function readTranscriptPart(
  manager: EntityManager,
  historyId: number,
  sessionId: string,
  { after, includeInactive }: { readonly after: number; readonly includeInactive: boolean },
): Promise<{ readonly messages: readonly Message[]; readonly isLast: boolean }> {
  const rest = transcriptOf(manager, historyId, [sessionId], includeInactive)
    .andWhere('m.id > :after', { after })
    .orderBy('m.id', 'ASC');
  const sizes = await rest
    .clone()
    .select(['m.historyId', 'm.sessionId', 'm.id', 'm.bytes'])
    .limit(PART_MESSAGES)
    .getMany();
  const until = endOfPart(sizes);
  if (until === undefined) return { messages: [], isLast: true };
  const part = await readMessages(manager, rest.andWhere('m.id <= :until', { until }));
  return {
    messages: part.map(toMessage),
    isLast: sizes.length < PART_MESSAGES && until === sizes.at(-1)?.id,
  };
}

/** Messages larger than so many bytes are told without their content. */
const TOLD_BYTES = 64 * 1024;

/** Some messages of a session that are part of its transcript, and whether their content is left out because of its size. */
export async function readToldMessages(
  manager: EntityManager,
  historyId: number,
  sessionId: string,
  ids: readonly number[],
): Promise<readonly { readonly message: Message; readonly truncated: boolean }[]> {
  const messages = await readMessages(
    manager,
    transcriptOf(manager, historyId, [sessionId], false)
      .andWhere('m.id = ANY(:ids)', { ids })
      .orderBy('m.id', 'ASC'),
  );
  return messages.map((message) => {
    const truncated = message.bytes > TOLD_BYTES;
    const told = truncated ? { ...message, content: null, toolCalls: null, reasoning: null } : message;
    return { message: toMessage(told), truncated };
  });
}

function endOfPart(sizes: readonly MessageEntity[]): number | undefined {
  let last: number | undefined;
  let bytes = 0;
  for (const { id, bytes: size } of sizes) {
    bytes += size;
    if (last !== undefined && bytes > PART_BYTES) break;
    last = id;
  }
  return last;
}

function transcriptOf(
  manager: EntityManager,
  historyId: number,
  sessionIds: readonly string[],
  includeInactive: boolean,
): Transcript {
  const [first = '', ...others] = sessionIds.map(toStored);
  return manager
    .createQueryBuilder(MessageEntity, 'm')
    .where('m.historyId = :historyId', { historyId })
    .andWhere(
      // Only of one session are the messages found in their order, without reading all of them.
      others.length === 0 ? 'm.sessionId = :first' : 'm.sessionId = ANY(:sessionIds)',
      { first, sessionIds: [first, ...others] },
    )
    .andWhere('(m.state & :state) <> 0', {
      state: includeInactive ? MESSAGE_STATE.displayed : MESSAGE_STATE.shown,
    });
}

async function readMessages(
  manager: EntityManager,
  query: Transcript,
): Promise<readonly RowOf<MessageEntity>[]> {
  const rows = new EntityRows(manager, MessageEntity);
  return rows.fromColumns(await query.select(rows.columns('m')).getRawMany());
}

function toMessage(message: RowOf<MessageEntity>): Message {
  const { id, sessionId, role, timestamp, toolCalls, state } = message;
  const { toolCallId, toolName, reasoning, finishReason, tokenCount } = message;
  return {
    ...{ id, sessionId, role, timestamp },
    content: decodeContent(message.content),
    toolCalls: toolCalls === null ? null : decodeToolCalls(toolCalls),
    ...{ toolCallId, toolName, reasoning, finishReason, tokenCount },
    isActive: (state & MESSAGE_STATE.active) !== 0,
  };
}
