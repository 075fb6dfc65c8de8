import { thoughtsOf, type Message } from '../domain/message.js';
import type { Session, SessionDetail, SessionMatch, SessionUsage } from '../domain/session.js';
import type { Cursor } from '../domain/cursor.js';
import { formatInstant } from '../domain/instant.js';
import type { DeletedSessionResponse } from './dto/deleted-session.response.js';
import type { MessageListResponse } from './dto/message-list.response.js';
import type { MessageResponse } from './dto/message.response.js';
import type { SessionDetailResponse, SessionUsageResponse } from './dto/session-detail.response.js';
import type { SessionChainResponse } from './dto/session-chain.response.js';
import type { SessionListResponse } from './dto/session-list.response.js';
import type { SessionMatchResponse, SessionResponse } from './dto/session.response.js';
import type { MessageHitPage, MessagePage, SessionPage, TranscriptSelection } from './session-query.js';
import type { GoneSessions } from './sessions.service.js';
import { besideSummary } from './transcript/context-summary.js';

/** A session as in lists of `/v1`. */
export function toSessionResponse(session: Session): SessionResponse {
  return {
    id: session.id,
    object: 'hermes.session',
    platform: session.platform,
    title: session.title,
    model: session.model,
    started_at: formatInstant(session.startedAt),
    last_active_at: formatInstant(session.lastActiveAt),
    ended_at: formatInstant(session.endedAt),
    turn_count: session.turnCount,
    parent_session_id: session.parentId,
    root_session_id: session.rootId,
    message_count: session.messageCount,
    tool_call_count: session.toolCallCount,
    preview: session.preview,
    user_id: session.userId,
    end_reason: session.endReason,
    archived: session.archived,
    pinned: session.pinned,
    chain_length: session.chainLength,
    profile: session.profile,
    origin: session.origin,
    ...(session.match === undefined ? {} : { match: toMatchResponse(session.match) }),
  };
}

/** A session row in the form of `/v1`. */
export function toSessionDetailResponse(session: SessionDetail): SessionDetailResponse {
  return {
    ...toSessionResponse(session),
    child_session_ids: session.childIds,
    tip_session_id: session.tipId,
    usage: toUsageResponse(session.usage),
  };
}

/** Tokens and cost, as all APIs name them. */
export function toUsageResponse(usage: SessionUsage): SessionUsageResponse {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    reasoning_tokens: usage.reasoningTokens,
    estimated_cost_usd: usage.estimatedCost,
    actual_cost_usd: usage.actualCost,
  };
}

/** The answer to a deletion in the form of `/v1`. */
export function toDeletedSessionResponse(id: string, { ids, trashId }: GoneSessions): DeletedSessionResponse {
  return {
    id,
    object: 'hermes.session.deleted',
    deleted: true,
    deleted_session_ids: ids,
    ...(trashId === undefined ? {} : { trash_id: trashId }),
  };
}

/** A page of conversations in the form of `/v1`. @param toCursor encodes a cursor. */
export function toSessionListResponse(
  page: SessionPage,
  toCursor: (place: Cursor) => string,
): SessionListResponse {
  return {
    object: 'list',
    data: page.entries.map(({ session }) => toSessionResponse(session)),
    total: page.total,
    has_more: page.next !== null,
    next_cursor: page.next === null ? null : toCursor(page.next),
    hidden: page.hidden,
    ...(page.isTotalAbout === true ? { total_is_about: true as const } : {}),
    ...(page.searchIncomplete ? { search_incomplete: true as const } : {}),
    ...(page.unavailableProfiles.length === 0 ? {} : { unavailable_profiles: page.unavailableProfiles }),
  };
}

/** Whether a page is complete, rather than lacking entries for a temporary reason that a revision does not show. */
export function isWholeList(page: SessionListResponse): boolean {
  return page.search_incomplete === undefined;
}

/** The sessions of one conversation in the form of `/v1`. */
export function toSessionChainResponse(members: readonly SessionDetail[]): SessionChainResponse {
  return { object: 'list', data: members.map(toSessionDetailResponse) };
}

/** Options of a request that affect the form of each message. */
type MessageOptions = Pick<TranscriptSelection, 'lineage' | 'includeInactive'>;

/** A message in the form of `/v1`: with its session if there may be several, and with its state if all messages were requested. */
export function toMessageResponse(message: Message, options: MessageOptions): MessageResponse {
  return {
    role: message.role,
    content: message.content,
    timestamp: formatInstant(message.timestamp),
    id: message.id,
    object: 'hermes.message',
    ...(options.lineage ? { session_id: message.sessionId } : {}),
    ...presentFieldsOf(message),
    ...(options.includeInactive && !message.isActive ? { active: false as const } : {}),
    ...(message.isTooLarge ? { too_large: true as const } : {}),
    ...summaryFieldsOf(message),
  };
}

/** A compaction writes its summary into a message as if somebody had said it. */
function summaryFieldsOf(message: Message): Pick<MessageResponse, 'summary' | 'own_content'> {
  const own = besideSummary(message);
  if (own === undefined) return {};
  return own === null ? { summary: true } : { own_content: own };
}

/** A page of a transcript in the form of `/v1`. */
export function toMessageListResponse(
  sessionId: string,
  page: MessagePage,
  options: MessageOptions,
): MessageListResponse {
  return {
    object: 'list',
    session_id: sessionId,
    data: page.messages.map((message) => toMessageResponse(message, options)),
    total: page.total,
    has_more: page.hasMore,
    ...(page.position === undefined ? {} : { position: page.position }),
  };
}

/** A page of search results in a transcript in the form of `/v1`. */
export function toMessageHitListResponse(
  sessionId: string,
  page: MessageHitPage,
  options: MessageOptions,
): MessageListResponse {
  return {
    object: 'list',
    session_id: sessionId,
    data: page.hits.map(({ message, position, snippet }) => ({
      ...toMessageResponse(message, options),
      position,
      snippet,
    })),
    total: page.total,
    has_more: page.hasMore,
  };
}

/** Fields that are only present if a message has them, as all APIs name them. */
function presentFieldsOf(
  message: Message,
): Pick<
  MessageResponse,
  'tool_calls' | 'tool_call_id' | 'tool_name' | 'reasoning' | 'finish_reason' | 'token_count'
> {
  const { toolCalls, toolCallId, toolName, finishReason, tokenCount } = message;
  const reasoning = thoughtsOf(message);
  return {
    ...(toolCalls === null ? {} : { tool_calls: toolCalls }),
    ...(toolCallId === null ? {} : { tool_call_id: toolCallId }),
    ...(toolName === null ? {} : { tool_name: toolName }),
    ...(reasoning === null ? {} : { reasoning }),
    ...(finishReason === null ? {} : { finish_reason: finishReason }),
    // A damaged row may contain a fraction.
    ...(tokenCount === null ? {} : { token_count: Math.trunc(tokenCount) }),
  };
}

function toMatchResponse({ messageId, role, timestamp, snippet }: SessionMatch): SessionMatchResponse {
  return { message_id: messageId, role, timestamp: formatInstant(timestamp), snippet };
}
